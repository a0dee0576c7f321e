// A job on its way from a client to a coordinator: what the client sends of the file that the user
// names, and what the coordinator makes of it.
//
// The client fills in nothing: it sends the script as it is written, so that errors point at the
// user's own text, with the values of the variables in it. The environment of the coordinator is
// never read for a script.
#pragma once

#include "runtime/cli/job_file.h"
#include "runtime/coordinator/cluster_api.h"

#include <string>

namespace weir {

// The client's end. Reads the file; kUser error where it cannot, and for a variable that has no
// value here.
Result<SubmitRequest> make_submission(const JobFile& file);

// The body of POST /api/v1/jobs.
std::string submission_json(const SubmitRequest& request);

// The coordinator's end: a JobReader. Knows the options of all connectors and links none of them to
// the outside world.
Answer<JobGraph> read_submission(const SubmitRequest& request);

}  // namespace weir
