// The store of a ClusterWorld: each call is carried out in one step (a manifest in two), and
// answered in another.
#include "engine/base/check.h"
#include "tests/engine/protocol/cluster_world.h"

#include <algorithm>

namespace weir {

JobObjects ClusterWorld::objects() const {
  JobObjects objects;
  objects.fences = fences_;
  objects.commit_records = commit_records_;
  for (const auto& [generation, base] : bases_) objects.bases.insert(generation);
  for (const auto& [id, manifest] : manifests_) objects.manifests.insert(id);
  return objects;
}

void ClusterWorld::store(uint32_t at) {
  const bool is_done = calls_[at].answer.has_value();
  if (!is_done) carry_out(calls_[at]);
  const bool is_unheard = calls_[at].unheard || !coordinators_[calls_[at].coordinator].alive;
  if (is_done) {
    answer(at);
  } else if (is_unheard && calls_[at].answer.has_value()) {
    calls_.erase(calls_.begin() + at);
  }
}

void ClusterWorld::carry_out(Call& call) {
  const Generation generation = call.generation;
  switch (call.kind) {
    case Call::kFence: call.answer = take_fence(call); return;
    case Call::kLook: call.answer = look(call); return;
    case Call::kBase:
      bases_.emplace(generation, call.checkpoint);
      call.answer = {generation, job::BaseWritten{}};
      return;
    case Call::kFences: {
      const bool newer = protections_.second_look && is_fenced(objects(), generation);
      const bool confirms = coordinators_[call.coordinator].job.phase() == job::Phase::kConfirming;
      if (confirms && !newer && generation < past_) {
        violate("a life begins when a later one has looked");
      }
      const bool superseded = call.coordinator + 1 < coordinators_.size();
      call.answer = {generation, job::FencesSeen{newer, superseded}};
      return;
    }
    case Call::kMark:
    case Call::kRecord:
      commit_records_.insert(*call.checkpoint);
      call.answer = {generation, job::CommitRecordWritten{}};
      return;
    case Call::kManifest:
      if (!call.written) {
        call.written = true;
        manifests_.emplace(*call.checkpoint, call.manifest);
        return;
      }
      call.fenced = protections_.checks_fence && is_fenced(objects(), generation);
      call.answer.emplace();
      if (!call.fenced && !call.unheard && generation < past_) {
        violate("a checkpoint of a life completes when a later one has looked");
      }
      return;
  }
  unreachable();
}

job::Event ClusterWorld::take_fence(const Call& call) {
  if (call.coordinator + 1 < coordinators_.size()) {
    return {call.generation, job::StoreFailed{{ErrorKind::kFenced, "a newer term"}}};
  }
  const Generation next = next_generation(objects());
  fences_.insert(next);
  return {next, job::Fenced{}};
}

// From now on all lives before are the past.
job::Event ClusterWorld::look(const Call& call) {
  past_ = std::max(past_, call.generation);
  const JobObjects found = objects();
  const std::optional<Generation> last = last_run(found, call.generation);
  std::optional<CheckpointId> base;
  if (last.has_value()) base = bases_.at(*last);
  const Result<StartingPoint> start = starting_point(found, call.generation, base);
  if (!start.ok()) {
    const bool fenced = is_fenced(found, call.generation);
    if (!fenced && !call.unheard) violate(start.error().message);
    return {call.generation, job::StoreFailed{{ErrorKind::kFenced, start.error().message}}};
  }
  job::Looked looked = {.checkpoint = start->checkpoint, .committed = !start->replay};
  if (start->checkpoint.has_value()) looked.finished = manifests_.at(*start->checkpoint).finished;
  return {call.generation, looked};
}

void ClusterWorld::answer(uint32_t at) {
  const Call call = calls_[at];
  calls_.erase(calls_.begin() + at);
  if (call.unheard || !coordinators_[call.coordinator].alive) return;
  if (call.kind != Call::kManifest && call.kind != Call::kRecord) {
    return tell(call.coordinator, *call.answer);
  }
  checkpoint::Event event = {*call.checkpoint, checkpoint::CommitMarked{}};
  if (call.kind == Call::kManifest) event.what = checkpoint::ManifestStored{};
  if (call.fenced) {
    event.what = checkpoint::ManifestUnknown{{ErrorKind::kFenced, "a newer fence"}};
  }
  tell(call.coordinator, event);
}

// Nobody knows, except us, whether it was carried out.
void ClusterWorld::refuse(const Call& call) {
  if (call.unheard || !coordinators_[call.coordinator].alive) return;
  const Error error = unavailable("the store does not answer");
  if (call.kind == Call::kManifest) {
    return tell(call.coordinator,
                checkpoint::Event{*call.checkpoint, checkpoint::ManifestUnknown{error}});
  }
  if (call.kind == Call::kRecord) {
    return tell(call.coordinator,
                checkpoint::Event{*call.checkpoint, checkpoint::MarkFailed{error}});
  }
  tell(call.coordinator, job::Event{call.generation, job::StoreFailed{error}});
}

// What only checkpoints before this one need; nothing, where somebody newer is there.
void ClusterWorld::collect(CheckpointId id) {
  if (is_fenced(objects(), id.generation)) return;
  const Manifest& kept = manifests_.at(id);
  std::erase_if(manifests_, [&](const auto& entry) { return entry.first < id; });
  std::erase_if(commit_records_, [&](CheckpointId other) { return other < id; });
  std::erase_if(files_, [&](const auto& entry) {
    const FileName& name = entry.first;
    const bool is_named = name.id.generation == id.generation &&
                          name.instance < kept.reports.size() &&
                          name.id.epoch == kept.reports[name.instance];
    return name.id < id && !is_named;
  });
}

}  // namespace weir
