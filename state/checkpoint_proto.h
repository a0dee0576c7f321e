// The parts of a manifest as messages of proto/weir/checkpoint.proto, and back: for manifests, and
// for the reports of workers that manifests are made of. Pure functions; any thread.
//
// Reading judges nothing: an absent part reads as an empty one. Who reads looks for what must be
// there.
#pragma once

#include "state/checkpoint.h"

#include <proto/weir/checkpoint.pb.h>

namespace weir {

void put_checkpoint_id(proto::CheckpointId& out, const CheckpointId& id);
CheckpointId checkpoint_id_of(const proto::CheckpointId& in);

void put_declared_table(proto::DeclaredTable& out, const DeclaredTable& table);
DeclaredTable declared_table_of(const proto::DeclaredTable& in);

void put_task_snapshot(proto::TaskSnapshot& out, const TaskSnapshot& task);
TaskSnapshot task_snapshot_of(const proto::TaskSnapshot& in);

void put_sealed(proto::SealedOutput& out, const SlotOutput::Sealed& sealed);
SlotOutput::Sealed sealed_of(const proto::SealedOutput& in);

}  // namespace weir
