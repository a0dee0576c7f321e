// The tables of a script as vertices: each source read once however many queries use it, each sink
// one vertex however many INSERTs write it, and no table both.
#pragma once

#include "engine/sql/catalog.h"
#include "engine/sql/relation.h"
#include "engine/sql/sink_table.h"

#include <map>
#include <string>

namespace weir {

class TableVertices {
 public:
  TableVertices(const ScriptText& script, const Catalog& catalog, GraphBuilder& graph)
      : script_(script), catalog_(catalog), graph_(graph) {}

  // Rows of the table. `location`: of the place that reads it. Errors are placed.
  Result<Relation> read(const TableDefinition& table, size_t location);

  // The sink to join an edge to. Errors are placed.
  Result<VertexIndex> write(const TableDefinition& table, size_t location);

  // Joins every side output of the graph to its table. Call once, after drop_unused(). Errors are
  // placed.
  Status join_side_outputs();

 private:
  struct ReadTable {
    VertexIndex vertex;
    RowPolicy policy;
  };

  VertexIndex sink_vertex(const SinkSpec& spec);

  const ScriptText& script_;
  const Catalog& catalog_;
  GraphBuilder& graph_;
  std::map<std::string, ReadTable> read_;
  std::map<std::string, size_t> written_;  // Name to the place of the first INSERT.
};

}  // namespace weir
