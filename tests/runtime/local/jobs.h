// Job graphs over the tables of tests/runtime/tables.h, and what runs them.
#pragma once

#include "runtime/local/job.h"
#include "tests/runtime/tables.h"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir {

inline constexpr int64_t kSecond = 1'000'000;
// Nothing here takes this long: it bounds how long a bug can hang the tests.
inline constexpr int64_t kWatchdogMicros = 120 * kSecond;

class Graph {
 public:
  VertexIndex add(const std::string& id, VertexSpec spec) {
    graph_.vertices.push_back({.id = id, .spec = std::move(spec)});
    return VertexIndex(static_cast<uint32_t>(graph_.vertices.size() - 1));
  }
  VertexIndex source(const std::string& table) { return add(table, source_spec(table)); }
  VertexIndex sink(const std::string& table, const SchemaPtr& schema) {
    return add(table, sink_spec(table, schema));
  }
  void connect(VertexIndex from, VertexIndex to, Distribution distribution = {},
               Port from_port = kRowsPort) {
    graph_.edges.push_back({.from = from,
                            .from_port = from_port,
                            .to = to,
                            .to_port = kRowsPort,
                            .distribution = std::move(distribution)});
  }
  SchemaPtr schema_of(VertexIndex vertex) const {
    return output_schema(graph_.vertex(vertex).spec, kRowsPort,
                         input_schemas(graph_)[vertex.value()]);
  }
  PlannedJob job(uint32_t parallelism, bool two_phase = true) const {
    const Status valid = validate(graph_);
    INFO((valid.ok() ? "" : valid.error().message));
    REQUIRE(valid.ok());
    return {graph_, {.parallelism = parallelism, .two_phase = two_phase}};
  }
  Plan plan(uint32_t parallelism) const {
    const PlannedJob planned = job(parallelism);
    return make_plan(planned.graph, planned.options);
  }

 private:
  JobGraph graph_;
};

inline std::unique_ptr<Job> started(PlannedJob planned, Tables& tables, RunOptions options = {}) {
  Result<std::unique_ptr<Job>> job = Job::start(std::move(planned), tables.factory(), options);
  INFO((job.ok() ? "" : job.error().message));
  REQUIRE(job.ok());
  return std::move(job).value();
}

inline Status ended(Job& job) {
  std::optional<Status> status = job.wait_for(kWatchdogMicros);
  REQUIRE(status.has_value());
  return std::move(*status);
}

inline void run_to_the_end(PlannedJob planned, Tables& tables, RunOptions options = {}) {
  const std::unique_ptr<Job> job = started(std::move(planned), tables, options);
  const Status status = ended(*job);
  INFO((status.ok() ? "" : status.error().message));
  REQUIRE(status.ok());
  REQUIRE(job->unbalanced() == std::vector<std::string>());
}

inline std::map<std::string, Rows> four_splits(size_t rows) {
  std::map<std::string, Rows> splits;
  for (int i = 0; i < 4; ++i) {
    splits[std::to_string(i)] = many_rows(rows, i * 3);
  }
  return splits;
}

inline std::vector<std::string> all_of(const std::map<std::string, Rows>& splits) {
  std::vector<std::string> all;
  for (const auto& [name, rows] : splits) {
    for (std::string& row : json_of(rows)) all.push_back(std::move(row));
  }
  return sorted(std::move(all));
}

inline WindowAggregateSpec count_by_key() {
  WindowAggregateSpec spec;
  spec.window = {.kind = WindowKind::kTumble, .time_column = 2, .size = 10 * kSecond};
  spec.keys = {0};
  spec.aggregates = {
      {.name = "n", .function = AggregateFunction::kCountStar, .type = TypeKind::kBigint}};
  return spec;
}

inline Distribution by_key() { return {.kind = DistributionKind::kHash, .columns = {0}}; }

// in -> n by key and window -> out, with what is late in "late".
inline Graph counting_graph() {
  Graph graph;
  const VertexIndex in = graph.source("in");
  const VertexIndex counts = graph.add("counts", count_by_key());
  graph.connect(in, counts, by_key());
  graph.connect(counts, graph.sink("out", graph.schema_of(counts)));
  graph.connect(counts, graph.sink("late", late_schema()), {}, kLatePort);
  return graph;
}

// "k window n", from the rows' JSON.
inline std::map<std::string, int64_t> counts_of(const std::vector<std::string>& rows) {
  std::map<std::string, int64_t> counts;
  for (const std::string& row : rows) {
    const std::string marker = ",\"n\":";
    const size_t at = row.find(marker);
    REQUIRE(at != std::string::npos);
    const auto inserted =
        counts.emplace(row.substr(0, at), std::stoll(row.substr(at + marker.size())));
    REQUIRE(inserted.second);
  }
  return counts;
}

}  // namespace weir
