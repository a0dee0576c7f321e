#include "runtime/local/local_api.h"

#include "runtime/messages/clock.h"
#include "state/savepoint.h"

#include <fmt/format.h>

#include <utility>

namespace weir {

LocalApi::LocalApi(Job& job, std::string version, uint32_t slots)
    : job_(job), version_(std::move(version)), slots_(slots), since_(wall_clock_micros()) {}

Answer<JobControl*> LocalApi::find(const std::string& job) const {
  const JobView view = job_.control().view();
  if (job == view.id || job == view.name) return &job_.control();
  return Refusal{RefusalKind::kUnknown,
                 fmt::format("there is no job {}: this process runs {}", job, view.name)};
}

Answer<std::string> LocalApi::submit(const SubmitRequest&) {
  return Refusal{RefusalKind::kConflict,
                 "this process runs one job: submit others to a coordinator (weir coordinator)"};
}

Answer<std::vector<JobView>> LocalApi::jobs() {
  return std::vector<JobView>{job_.control().view()};
}

Answer<JobView> LocalApi::job(const std::string& job) {
  const JobControl* control = TRY(find(job));
  return control->view();
}

Answer<SavepointView> LocalApi::stop(const PlaceForSavepoint& request) {
  JobControl* control = TRY(find(request.job));
  const bool is_first = control->view().state != JobState::kStopping;
  if (is_first && !request.to.empty()) TRY(check_savepoint_folder(request.to));
  return control->stop(request.to).value_or(SavepointView{});
}

Answer<SavepointView> LocalApi::savepoint(const PlaceForSavepoint& request) {
  JobControl* control = TRY(find(request.job));
  if (request.to.empty()) {
    return Refusal{RefusalKind::kUser, "name the folder that the savepoint is to be written to"};
  }
  return control->save(request.to);
}

Answer<Done> LocalApi::cancel(const std::string& job) {
  JobControl* control = TRY(find(job));
  control->tell(job::CancelRequested{});
  return Done{};
}

Answer<Done> LocalApi::rescale(const std::string& job, uint32_t) {
  JobControl* control = TRY(find(job));
  return Refusal{RefusalKind::kConflict,
                 fmt::format("job {} runs in one process: stop it, and run it again with another "
                             "--parallelism",
                             control->view().name)};
}

Answer<PlanView> LocalApi::plan(const std::string& job) {
  const JobControl* control = TRY(find(job));
  return control->plan();
}

Answer<std::vector<CheckpointView>> LocalApi::checkpoints(const std::string& job) {
  const JobControl* control = TRY(find(job));
  return control->checkpoints();
}

Answer<WhyView> LocalApi::why(const std::string& job) {
  const JobControl* control = TRY(find(job));
  return control->why();
}

Answer<std::vector<JobEvent>> LocalApi::logs(const std::string& job) {
  const JobControl* control = TRY(find(job));
  return control->events();
}

ClusterView LocalApi::cluster() {
  ClusterView view{.version = version_, .term = 1, .since = since_};
  view.workers.push_back({.id = "1",
                          .version = version_,
                          .slots = slots_,
                          .slots_used = job_.control().view().parallelism,
                          .joined_at = since_});
  return view;
}

}  // namespace weir
