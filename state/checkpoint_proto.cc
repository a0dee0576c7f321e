#include "state/checkpoint_proto.h"

namespace weir {
namespace {

void put_object(proto::StoredObject& out, const StoredObject& object) {
  out.set_name(object.name);
  out.set_bytes(object.bytes);
  out.set_crc32c(object.crc32c);
}

StoredObject object_of(const proto::StoredObject& in) {
  return {.name = in.name(), .bytes = in.bytes(), .crc32c = in.crc32c()};
}

}  // namespace

void put_checkpoint_id(proto::CheckpointId& out, const CheckpointId& id) {
  out.set_generation(id.generation.value());
  out.set_epoch(id.epoch.value());
}

CheckpointId checkpoint_id_of(const proto::CheckpointId& in) {
  return {.generation = Generation{in.generation()}, .epoch = Epoch{in.epoch()}};
}

void put_declared_table(proto::DeclaredTable& out, const DeclaredTable& table) {
  out.set_name(table.name);
  out.set_signature(table.signature);
}

DeclaredTable declared_table_of(const proto::DeclaredTable& in) {
  return {.name = in.name(), .signature = in.signature()};
}

void put_task_snapshot(proto::TaskSnapshot& out, const TaskSnapshot& task) {
  out.set_chain(task.chain);
  out.set_instance(task.instance);
  out.set_source(task.source);
  for (const DeclaredTable& table : task.tables) put_declared_table(*out.add_tables(), table);
  for (const StoredObject& file : task.files) put_object(*out.add_files(), file);
  for (const WarmFile& file : task.warm) {
    proto::WarmFile& added = *out.add_warm();
    added.set_name(file.name);
    put_object(*added.mutable_contents(), file.contents);
  }
  for (const auto& [name, split] : task.splits) {
    proto::Split& added = *out.add_splits();
    added.set_name(name);
    added.set_position(split.position);
    added.set_highest_event_time(split.highest_event_time);
    added.set_finished(split.finished);
  }
  for (const auto& [step, micros] : task.watermarks) {
    proto::Watermark& added = *out.add_watermarks();
    added.set_step(step);
    added.set_micros(micros);
  }
}

TaskSnapshot task_snapshot_of(const proto::TaskSnapshot& in) {
  TaskSnapshot task{.chain = in.chain(), .instance = in.instance(), .source = in.source()};
  for (const proto::DeclaredTable& table : in.tables()) {
    task.tables.push_back(declared_table_of(table));
  }
  for (const proto::StoredObject& file : in.files()) task.files.push_back(object_of(file));
  for (const proto::WarmFile& file : in.warm()) {
    task.warm.push_back({.name = file.name(), .contents = object_of(file.contents())});
  }
  for (const proto::Split& split : in.splits()) {
    task.splits[split.name()] = {.position = split.position(),
                                 .highest_event_time = split.highest_event_time(),
                                 .finished = split.finished()};
  }
  for (const proto::Watermark& watermark : in.watermarks()) {
    task.watermarks[watermark.step()] = watermark.micros();
  }
  return task;
}

void put_sealed(proto::SealedOutput& out, const SlotOutput::Sealed& sealed) {
  put_checkpoint_id(*out.mutable_id(), sealed.id);
  out.set_rows(sealed.rows);
  put_object(*out.mutable_contents(), sealed.contents);
}

SlotOutput::Sealed sealed_of(const proto::SealedOutput& in) {
  return {.id = checkpoint_id_of(in.id()), .rows = in.rows(), .contents = object_of(in.contents())};
}

}  // namespace weir
