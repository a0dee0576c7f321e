#include "tests/engine/plan/fraud_graph.h"

#include "engine/sql/sql.h"

namespace weir {

ExprPtr expr_of(std::string_view text, const Schema& input) {
  Result<ExprPtr> expr = sql_expression(text, input);
  CHECK(expr.ok());
  return std::move(expr).value();
}

Field field(std::string name, Type type, bool nullable) {
  return {.name = std::move(name), .type = std::move(type), .nullable = nullable};
}

SourceSpec transactions_source() {
  SourceSpec spec;
  spec.table = "transactions";
  spec.connector = "kafka";
  spec.payload = {field("id", TypeKind::kText), field("card", TypeKind::kText),
                  field("amount", Type::numeric(12, 2)), field("at", TypeKind::kTimestamptz),
                  field("note", TypeKind::kText)};
  spec.metadata = {{.function = "record_partition", .header = ""}};
  const SchemaPtr record = record_schema(spec);
  for (const Field& column : spec.payload) {
    spec.columns.push_back({column.name, expr_of(column.name, *record)});
  }
  spec.columns.push_back({"part", expr_of("record_partition", *record)});
  spec.not_null = {"card"};
  spec.event_time = "at";
  spec.watermark_delay = 5'000'000;
  spec.max_future = 3'600'000'000;
  spec.on_error = OnError::kDeadLetter;
  spec.options = {{"brokers", "localhost:9092"}, {"topic", "transactions"}, {"format", "json"}};
  const SchemaPtr table = output_schema(spec, kRowsPort, nullptr);
  spec.constraints = {{"positive", expr_of("amount > 0", *table)}};
  return spec;
}

SinkSpec sink_of(std::string table, const Schema& schema) {
  SinkSpec spec;
  spec.table = std::move(table);
  spec.connector = "print";
  spec.columns = schema.fields;
  for (Field& column : spec.columns) column.event_time = false;
  return spec;
}

void add_edge(JobGraph& graph, VertexIndex from, VertexIndex to, Port port,
              Distribution distribution) {
  graph.edges.push_back({.from = from,
                         .from_port = port,
                         .to = to,
                         .to_port = kRowsPort,
                         .distribution = std::move(distribution)});
}

JobGraph fraud_graph() {
  JobGraph graph;
  graph.options.job_name = "fraud";
  const SourceSpec source = transactions_source();
  const SchemaPtr table = output_schema(source, kRowsPort, nullptr);

  ProjectSpec big;
  big.filter = expr_of("amount > 10", *table);
  big.columns = {{"card", expr_of("card", *table)},
                 {"at", expr_of("at", *table)},
                 {"amount", expr_of("amount * 2", *table)},
                 {"from_home", expr_of("part = 0", *table)}};
  big.on_error = OnError::kDeadLetter;
  const SchemaPtr rows = output_schema(big, kRowsPort, table);

  WindowAggregateSpec totals;
  totals.window = {.time_column = 1, .size = 60'000'000};
  totals.keys = {0};
  totals.aggregates = {
      {.name = "total", .function = AggregateFunction::kSum, .argument = 2, .type = {}},
      {.name = "mean", .function = AggregateFunction::kAvg, .argument = 2, .type = {}},
      {.name = "home", .function = AggregateFunction::kCountStar, .filter = 3, .type = {}}};
  for (AggregateCall& call : totals.aggregates) {
    std::optional<Type> argument;
    if (call.argument) argument = rows->fields[*call.argument].type;
    call.type = aggregate_type(call.function, argument).value();
  }
  const SchemaPtr sums = output_schema(totals, kRowsPort, rows);

  ProjectSpec alerts;
  alerts.filter = expr_of("total > 5000", *sums);
  alerts.columns = {{"card", expr_of("card", *sums)},
                    {"ends", expr_of("window_end", *sums)},
                    {"total", expr_of("total", *sums)}};
  const SchemaPtr results = output_schema(alerts, kRowsPort, sums);

  graph.vertices = {{"transactions", source},
                    {"big", big},
                    {"totals", totals},
                    {"alerts", alerts},
                    {"out", sink_of("out", *results)},
                    {"trash", sink_of("trash", *dead_letter_schema())},
                    {"late", sink_of("late", *late_schema())}};
  add_edge(graph, kTransactions, kBig);
  add_edge(graph, kBig, kTotals, kRowsPort, {DistributionKind::kHash, {0}});
  add_edge(graph, kTotals, kAlerts);
  add_edge(graph, kAlerts, kOut);
  add_edge(graph, kTransactions, kTrash, kBadPort);
  add_edge(graph, kBig, kTrash, kBadPort);
  add_edge(graph, kTotals, kLate, kLatePort);
  return graph;
}

JobGraph graph_around(VertexSpec step) {
  JobGraph graph;
  SourceSpec source = transactions_source();
  source.on_error = OnError::kSkip;
  const SchemaPtr table = output_schema(source, kRowsPort, nullptr);
  const SchemaPtr results = output_schema(step, kRowsPort, table);
  graph.vertices = {{"in", source}, {"step", std::move(step)}, {"out", sink_of("out", *results)}};
  add_edge(graph, VertexIndex(0), VertexIndex(1));
  add_edge(graph, VertexIndex(1), VertexIndex(2));
  return graph;
}

std::string refusal(const JobGraph& graph) {
  const Status status = validate(graph);
  if (status.ok()) return {};
  CHECK(status.error().kind == ErrorKind::kUser);
  return status.error().message;
}

}  // namespace weir
