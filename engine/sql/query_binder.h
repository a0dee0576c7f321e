// Queries to relations: WITH, UNION ALL, FROM, WHERE, GROUP BY, HAVING and the select list.
//
// Owned by the compilation of one script. Views are bound once, at their first use, so that their
// steps are shared.
#pragma once

#include "engine/sql/relation.h"
#include "engine/sql/select_list.h"
#include "engine/sql/table_vertices.h"

#include <map>
#include <string>
#include <vector>

namespace weir {

struct From;  // from_clause.h

class QueryBinder {
 public:
  QueryBinder(const ScriptText& script, const Catalog& catalog, GraphBuilder& graph,
              TableVertices& tables)
      : script_(script), catalog_(catalog), graph_(graph), tables_(tables) {}

  // Names that WITH has defined, from the inside out.
  struct Names {
    const Names* outer = nullptr;
    std::map<std::string, Relation> relations;
  };

  // A whole query. `owner` is the view or table that its steps are named after. Columns of quoted
  // constants get the type text if `settle`, and stay untyped otherwise. Errors are placed.
  Result<Relation> bind_query(const Node& select, const Names* names, const std::string& owner,
                              bool settle);

  // The definitions of a WITH clause, added to `names`.
  Status bind_with(const Node& with, Names& names, const std::string& owner);

  Result<Relation> bind_view(const ViewDefinition& view, size_t location);

  // The relation with window_start, window_end and window_time as columns like all others, where
  // its window is still open. `owner` is whom the step is named after. Errors are placed.
  Result<Relation> close_window(Relation relation, const std::string& owner);

  // A name of FROM. Errors are placed.
  Result<Relation> find_relation(const std::string& name, const Names* names, size_t location);
  Status rename_columns(Relation& relation, const std::vector<std::string>& aliases,
                        size_t location) const;

 private:
  Result<Relation> bind_select(const Node& select, const Names* names, const std::string& owner,
                               bool settle);
  Result<Relation> bind_union(const Node& select, const Names* names, const std::string& owner);
  Result<Relation> join_branches(std::vector<Relation> branches, const std::string& owner);
  Status make_types_common(std::vector<Relation>& branches) const;

  Result<Relation> bind_plain(const std::vector<SelectItem>& items, const Scope& scope,
                              Relation input, const std::string& owner, bool settle);
  Result<Relation> bind_over(const Node& select, const std::vector<SelectItem>& items,
                             const Scope& scope, Relation input, const std::string& owner,
                             bool settle);
  Result<Relation> bind_distinct_on(const Node& select, const std::vector<SelectItem>& items,
                                    const Scope& scope, Relation input, const std::string& owner,
                                    bool settle);
  Result<Relation> bind_grouped(const Node& select, const std::vector<SelectItem>& items,
                                const Scope& scope, Relation input, const std::string& owner,
                                bool settle);
  Error refuse_over_beside_group(size_t location) const;
  Result<Relation> bind_rows(const Node& select, const std::vector<SelectItem>& items, From& from,
                             const std::string& owner, bool settle);
  Result<Relation> distinct_rows(Relation rows, const std::string& owner, size_t location);
  Result<Node> group_item(const Node& node, const std::vector<SelectItem>& items,
                          const Scope& scope, std::string& name) const;
  Result<Relation> bounded(Relation relation, const std::string& owner);

  const ScriptText& script_;
  const Catalog& catalog_;
  GraphBuilder& graph_;
  TableVertices& tables_;
  std::map<std::string, Relation> views_;
  std::vector<std::string> views_in_work_;  // For circles.
};

// Refuses two columns of one name: "column \"x\" is there twice".
Status check_distinct_names(const ScriptText& script, const Relation& relation);

}  // namespace weir
