// What of a slot's output is committed: kept in Kafka itself as the offset that a group of the
// slot's own has committed for partition 0 of the output topic, inside the transaction that holds
// the output. The offset counts the commits; the marker is its metadata text:
//
//   v1 <generation> <epoch> <chunk> of <chunks> [slots <slots>]
//
// "chunk" is the number of chunks of the checkpoint's segment that are committed. A new slot has
// the marker "v1 0 0 0 of 0", so that a missing one always means that it was lost.
//
// The marker of slot 0, which every life of a job has, also answers for the sink's other slots, so
// that a life which does not open all of them notices output that is later than its base. It counts
// the slots that may hold such output ("slots", 1 where absent), and does so before any of them
// delivers. A life with fewer slots asks those that it closes first, and has the newest checkpoint
// that they know in the marker of slot 0 from then on: they may be forgotten.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"
#include "operators/connectors/kafka/client.h"
#include "operators/connectors/sink.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace weir::kafka {

struct Marker {
  CheckpointId id;
  uint32_t chunk = 0;
  uint32_t chunks = 0;
  uint32_t slots = 1;

  bool operator==(const Marker&) const = default;
};

std::string to_text(const Marker& marker);
// kCorrupt error for anything that to_text() does not give.
Result<Marker> parse_marker(std::string_view text);

struct StoredMarker {
  Marker marker;
  int64_t offset = 0;
};

// The number of chunks of the segment of `id` that are committed already: all of them, too, where
// a later one of the same generation is, since a generation delivers in order. kCorrupt error where
// the marker is missing, is that of a later generation, or counts other chunks. `where` names the
// group and the topic in messages.
Result<uint32_t> chunks_committed(const std::optional<StoredMarker>& stored, CheckpointId id,
                                  uint32_t chunks, std::string_view where);

// Whether a life of the job that goes on from `base` may open or close the slot: kCorrupt error
// where the marker is that of a later checkpoint, or missing and that is an alarm.
Status check_marker(const std::optional<StoredMarker>& stored, CheckpointId base, bool may_miss,
                    std::string_view where);
// The slots that slot 0 has to ask before the life begins, when its own marker is this, and whether
// a marker may be missing: that of a slot which was counted and perhaps not opened, or which was
// asked before, when another life closed it.
std::map<uint32_t, bool> closed_slots(const std::optional<StoredMarker>& own, const SlotPast& past);
// The marker of a slot that is opened. Slot 0 only: `closed` is the newest checkpoint that closed
// slots know, `slots` are those of the life.
Marker opened(const std::optional<StoredMarker>& stored, CheckpointId closed = {},
              uint32_t slots = 1);

Error marker_is_missing(std::string_view where);
Error marker_is_ahead(const Marker& marker, CheckpointId id, std::string_view where);

// The list of one partition that carries the marker into a transaction.
PartitionsPtr marker_offsets(const std::string& topic, const StoredMarker& stored);

// What asking a broker gave: a code, or the marker, absent where there is none.
struct MarkerAnswer {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string reason;
  std::optional<int64_t> offset;
  std::string text;
};

// Asks for the marker of one slot. Owned and used by one thread at a time.
//
// It is a consumer that joins nothing, because librdkafka's admin request for the offsets of a
// group crashes the process when the group's coordinator moves (librdkafka #5040).
class MarkerReader {
 public:
  // `client`: as for the producer of the slot. Does not connect.
  static Result<std::unique_ptr<MarkerReader>> make(ClientOptions client, const std::string& group);

  // Waits, a few seconds long, for transactions that may change the marker. Blocks for `timeout_ms`
  // each time it asks. After an error the reader is to be replaced.
  MarkerAnswer ask(int timeout_ms);
  const std::string& group() const { return group_; }

 private:
  MarkerReader(std::unique_ptr<Client> client, std::string group)
      : group_(std::move(group)), client_(std::move(client)) {}

  const std::string group_;
  std::unique_ptr<Client> client_;
};

}  // namespace weir::kafka
