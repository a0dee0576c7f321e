#include "runtime/rpc/message_codec.h"

#include "engine/base/match.h"
#include "runtime/rpc/message_parts.h"
#include "runtime/rpc/strict_message.h"
#include "state/checkpoint_proto.h"

#include <fmt/format.h>

#include <proto/weir/cluster.pb.h>
#include <utility>

namespace weir {
namespace {

constexpr std::string_view kOrder = "an order to a worker";
constexpr std::string_view kHello = "a worker's hello";
constexpr std::string_view kWelcome = "a coordinator's welcome";

void put_options(proto::PlanOptions& out, const PlanOptions& options) {
  out.set_parallelism(options.parallelism);
  out.set_two_phase(options.two_phase);
}

PlanOptions options_of(const proto::PlanOptions& in) {
  return {.parallelism = in.parallelism(), .two_phase = in.two_phase()};
}

// The coordinator accepted the graph: one that cannot be read is no error of its user.
Result<JobGraph> graph_of(const std::string& json, const ExpressionReader& reader) {
  Result<JobGraph> graph = job_graph_from_json(json, reader);
  if (!graph.ok()) return bad_message(kOrder, graph.error().message);
  return graph;
}

void put_prepare(proto::Prepare& out, const order::Prepare& prepare) {
  out.set_graph(to_json(prepare.graph));
  put_options(*out.mutable_options(), prepare.options);
  out.set_batch_rows(prepare.batch_rows);
  for (const std::string& peer : prepare.peers) out.add_peers(peer);
  out.set_self(prepare.self.value());
  for (const PeerIndex peer : prepare.placement) out.add_placement(peer.value());
  out.set_lineage(prepare.lineage);
  if (prepare.from) put_checkpoint_id(*out.mutable_from(), *prepare.from);
  out.set_with_state(prepare.with_state);
}

Result<order::Prepare> prepare_of(const proto::Prepare& in, const ExpressionReader& reader) {
  TRY(require_part(in.has_options(), kOrder, "options of its plan"));
  order::Prepare prepare{.options = options_of(in.options()),
                         .batch_rows = in.batch_rows(),
                         .peers = {in.peers().begin(), in.peers().end()},
                         .self = PeerIndex{in.self()},
                         .lineage = in.lineage(),
                         .with_state = in.with_state()};
  const size_t peers = prepare.peers.size();
  if (in.self() >= peers) {
    return bad_message(kOrder, fmt::format("it is for worker {} of {}", in.self(), peers));
  }
  for (const uint32_t peer : in.placement()) {
    if (peer >= peers) {
      return bad_message(kOrder, fmt::format("it places a task on worker {} of {}", peer, peers));
    }
    prepare.placement.emplace_back(peer);
  }
  if (in.has_from()) prepare.from = checkpoint_id_of(in.from());
  prepare.graph = TRY(graph_of(in.graph(), reader));
  return prepare;
}

Result<order::Replay> replay_of(const proto::Replay& in, const ExpressionReader& reader) {
  TRY(require_part(in.has_options(), kOrder, "options of its plan"));
  TRY(require_part(in.has_manifest(), kOrder, "checkpoint to replay"));
  order::Replay replay{.options = options_of(in.options()),
                       .manifest = checkpoint_id_of(in.manifest())};
  replay.graph = TRY(graph_of(in.graph(), reader));
  return replay;
}

order::Commit commit_of(const proto::Commit& in) {
  order::Commit commit{.epoch = Epoch{in.epoch()}};
  for (const uint32_t slot : in.slots()) commit.slots.emplace_back(slot);
  return commit;
}

void put_order(proto::ToWorker& out, const ToWorker& message) {
  std::visit(Match{[&](const order::Prepare& what) { put_prepare(*out.mutable_prepare(), what); },
                   [&](const order::Replay& what) {
                     proto::Replay& replay = *out.mutable_replay();
                     replay.set_graph(to_json(what.graph));
                     put_options(*replay.mutable_options(), what.options);
                     put_checkpoint_id(*replay.mutable_manifest(), what.manifest);
                   },
                   [&](const order::Start& what) { put_splits(*out.mutable_start(), what.splits); },
                   [&](const order::KnowSplits& what) {
                     put_splits(*out.mutable_know_splits(), what.splits);
                   },
                   [&](const order::ReadSplits& what) { out.set_read_splits(what.known); },
                   [&](const order::Inject& what) {
                     out.mutable_inject()->set_epoch(what.epoch.value());
                     out.mutable_inject()->set_last(what.last);
                   },
                   [&](const order::Cancel& what) { out.set_cancel(what.epoch.value()); },
                   [&](const order::Commit& what) {
                     proto::Commit& commit = *out.mutable_commit();
                     commit.set_epoch(what.epoch.value());
                     for (const SlotIndex slot : what.slots) commit.add_slots(slot.value());
                   },
                   [&](const order::Standings& what) {
                     put_standings(*out.mutable_standings(), what.readers);
                   },
                   [&](const order::Drop&) { out.mutable_drop(); }},
             message.what);
}

}  // namespace

std::string encode_to_worker(const ToWorker& message) {
  proto::ToWorker out;
  out.set_job(message.job);
  out.set_generation(message.generation.value());
  put_order(out, message);
  return out.SerializeAsString();
}

Result<ToWorker> decode_to_worker(std::string_view bytes, const ExpressionReader& reader) {
  proto::ToWorker in;
  TRY(parse_strictly(in, bytes, kOrder));
  ToWorker message{.job = in.job(), .generation = Generation{in.generation()}};
  switch (in.what_case()) {
    case proto::ToWorker::kPrepare: message.what = TRY(prepare_of(in.prepare(), reader)); break;
    case proto::ToWorker::kReplay: message.what = TRY(replay_of(in.replay(), reader)); break;
    case proto::ToWorker::kStart: message.what = order::Start{splits_of(in.start())}; break;
    case proto::ToWorker::kKnowSplits:
      message.what = order::KnowSplits{splits_of(in.know_splits())};
      break;
    case proto::ToWorker::kReadSplits: message.what = order::ReadSplits{in.read_splits()}; break;
    case proto::ToWorker::kInject:
      message.what = order::Inject{.epoch = Epoch{in.inject().epoch()}, .last = in.inject().last()};
      break;
    case proto::ToWorker::kCancel: message.what = order::Cancel{Epoch{in.cancel()}}; break;
    case proto::ToWorker::kCommit: message.what = commit_of(in.commit()); break;
    case proto::ToWorker::kStandings:
      message.what = order::Standings{standings_of(in.standings())};
      break;
    case proto::ToWorker::kDrop: message.what = order::Drop{}; break;
    case proto::ToWorker::WHAT_NOT_SET: return bad_message(kOrder, "it orders nothing");
  }
  return message;
}

std::string encode_hello(const Hello& hello) {
  proto::Hello out;
  out.set_version(hello.version);
  out.set_exchange_address(hello.exchange_address);
  out.set_http_address(hello.http_address);
  out.set_slots(hello.slots);
  out.set_memory(hello.memory);
  return out.SerializeAsString();
}

Result<Hello> decode_hello(std::string_view bytes) {
  proto::Hello in;
  TRY(parse_leniently(in, bytes, kHello));
  return Hello{.version = in.version(),
               .exchange_address = in.exchange_address(),
               .http_address = in.http_address(),
               .slots = in.slots(),
               .memory = in.memory()};
}

std::string encode_welcome(const Welcome& welcome) {
  proto::Welcome out;
  out.set_worker(welcome.worker);
  out.set_term(welcome.term);
  out.set_store(welcome.store);
  out.set_store_mark(welcome.store_mark);
  out.set_lease_us(welcome.lease_us);
  return out.SerializeAsString();
}

Result<Welcome> decode_welcome(std::string_view bytes) {
  proto::Welcome in;
  TRY(parse_strictly(in, bytes, kWelcome));
  if (in.lease_us() <= 0) {
    return bad_message(kWelcome, fmt::format("its lease is {} us", in.lease_us()));
  }
  return Welcome{.worker = in.worker(),
                 .term = in.term(),
                 .store = in.store(),
                 .store_mark = in.store_mark(),
                 .lease_us = in.lease_us()};
}

}  // namespace weir
