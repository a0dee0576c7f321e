// What a call of ClusterApi answers: the value, or why the request was not done. Like Result, with
// more to say: who asks over REST is told whether the job is unknown or in the wrong state, and
// where in a script an error is.
//
// Plain values: any thread.
#pragma once

#include "engine/base/status.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace weir {

enum class RefusalKind {
  kUser,         // The request is wrong: a script that is refused, an option out of range.
  kUnknown,      // There is no such job.
  kConflict,     // The name is in use, or the job is in a state in which this cannot be done.
  kUnavailable,  // Not now: no leader here, no workers, the store does not answer. Ask again.
  kCorrupt,      // Stored data is not what was written: a person decides.
};

// "user", "unknown", "conflict", "unavailable", "corrupt": `kind` of error documents.
std::string_view refusal_name(RefusalKind kind);

struct [[nodiscard]] Refusal {
  RefusalKind kind = RefusalKind::kUser;
  std::string message;  // As messages of errors are: lower case, what was attempted, what to do.
  int line = 0;         // In the script, from 1; 0: no single place.
  int column = 0;       // In characters, from 1.

  bool operator==(const Refusal&) const = default;
};

// kUser and kBadData become kUser, kFenced (somebody newer runs the cluster) kUnavailable.
Refusal refusal_of(Error error);

template <typename T>
class [[nodiscard]] Answer {
 public:
  Answer(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Answer(Refusal refusal) : state_(std::in_place_index<1>, std::move(refusal)) {}
  Answer(Error error) : Answer(refusal_of(std::move(error))) {}  // So that TRY takes a Result.

  bool ok() const { return state_.index() == 0; }
  // REQUIRES: !ok(). Named as TRY wants it.
  const Refusal& error() const& { return std::get<1>(state_); }
  Refusal error() && { return std::move(std::get<1>(state_)); }
  // REQUIRES: ok().
  const T& value() const& { return std::get<0>(state_); }
  T value() && { return std::move(std::get<0>(state_)); }
  const T& operator*() const& { return std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

 private:
  std::variant<T, Refusal> state_;
};

// The answer of what is done or refused, and has nothing else to say.
struct Done {
  bool operator==(const Done&) const = default;
};

}  // namespace weir
