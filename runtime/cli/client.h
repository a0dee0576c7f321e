// How a client command asks its coordinator, and tells its user what came of it.
//
// Results go to `out`, everything else to `say`; nothing here knows a connection, a clock or a
// terminal, so that tests stand in for all three. One thread.
#pragma once

#include "runtime/coordinator/answer.h"
#include "runtime/messages/api_message.h"

#include <boost/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

struct Client {
  std::string coordinator;  // Its address, for messages.
  std::function<Result<ApiReply>(const ApiRequest&)> call;
  std::function<bool(int64_t micros)> pause;  // False: the user has interrupted.
  std::function<void(std::string_view)> out;  // Standard output
  std::function<void(std::string_view)> say;  // Standard error
  bool json = false;                          // Print the document as it came.
};

// 2 for what the user must change, 3 where there is no coordinator to do it, 1 for the rest.
int exit_code(const Refusal& refusal);

// The body of a reply of success. Errors that the coordinator answers are refusals here too; one
// that cannot be reached is kUnavailable, with its address and what to do.
Answer<std::string> ask(const Client& client, const ApiRequest& request);

// The same for a document.
Answer<boost::json::object> ask_document(const Client& client, const ApiRequest& request);

ApiRequest get(std::string target);
ApiRequest post(std::string target, std::string body);

// "/api/v1/jobs/my%20job/why"; `what`: "/why", or empty.
std::string job_target(const std::string& job, std::string_view what = "");

// The id of a job that is named by name or id: another job may take the name when it has ended.
Answer<std::string> id_of(const Client& client, const std::string& job);

// Looks at the job again and again until `done` says so, and answers how it looked then; absent
// where the user interrupts. A coordinator that is away meanwhile has half a minute to come back.
using JobCondition = std::function<bool(const boost::json::object& job)>;
Answer<std::optional<boost::json::object>> follow(const Client& client, const std::string& job,
                                                  const JobCondition& done);

// Whether a job of this document is over.
bool has_ended(const boost::json::object& job);

// What stands under a key of a document, in the form that people read; "-" where nothing does, or
// something else than is expected: the coordinator may be of another version.
std::string text_at(const boost::json::object& object, std::string_view key);
std::string time_at(const boost::json::object& object, std::string_view key);   // Whole seconds
std::string count_at(const boost::json::object& object, std::string_view key);  // "1,234"
std::string bytes_at(const boost::json::object& object, std::string_view key);
std::string seconds_at(const boost::json::object& object, std::string_view key);
// Empty where there is none.
boost::json::array array_at(const boost::json::object& object, std::string_view key);
boost::json::object object_at(const boost::json::object& object, std::string_view key);

}  // namespace weir
