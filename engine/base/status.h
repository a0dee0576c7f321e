// How a failure is reported: Status for "did it work", Result<T> for "the value, or why not".
//
// A failure is something a user, a peer or the outside world can cause. A bug is not a failure: it
// crashes (check.h). Values of these types are plain data and may cross threads by moving. Nothing
// here throws.
#pragma once

#include "engine/base/check.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace weir {

// Who must act. The job's reaction to a failure is a switch over these, in one place.
enum class ErrorKind {
  kUser,         // The job or its options are wrong: fix them.
  kBadData,      // A record cannot be used: the source's on_error policy decides.
  kUnavailable,  // Something outside does not answer: retry from the last checkpoint.
  kFenced,       // Somebody newer runs this job: stand down.
  kCorrupt,      // Stored data is not what was written: stop, a person decides.
};

const char* to_text(ErrorKind kind);

struct [[nodiscard]] Error {
  ErrorKind kind;
  std::string message;

  bool operator==(const Error&) const = default;
};

Error user_error(std::string message);
Error bad_data(std::string message);
Error unavailable(std::string message);
Error corrupt(std::string message);

// Success is a null pointer, so that an ok Status costs one word and one comparison.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::make_unique<Error>(std::move(error))) {}

  bool ok() const { return error_ == nullptr; }
  const Error& error() const& { return *error_; }
  Error error() && { return std::move(*error_); }
  void value() const {}

 private:
  std::unique_ptr<Error> error_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  // From what a T can be made of: a pointer to a derived class, a literal.
  template <typename U>
  requires(std::is_convertible_v<U, T> && !std::is_same_v<U, T> && !std::is_same_v<U, Error> &&
           !std::is_same_v<U, Result>) Result(U value)
      : state_(std::in_place_index<0>, std::move(value)) {}

  bool ok() const { return state_.index() == 0; }
  const Error& error() const& { return std::get<1>(state_); }
  Error error() && { return std::move(std::get<1>(state_)); }

  // REQUIRES: ok().
  const T& value() const& { return checked(); }
  T& value() & { return const_cast<T&>(checked()); }
  T value() && { return std::move(const_cast<T&>(checked())); }
  const T& operator*() const& { return checked(); }
  T& operator*() & { return const_cast<T&>(checked()); }
  T operator*() && { return std::move(const_cast<T&>(checked())); }
  const T* operator->() const { return &checked(); }
  T* operator->() { return &const_cast<T&>(checked()); }

 private:
  const T& checked() const {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

// Gives the value of a Result, or returns its error from the enclosing function. One to a line,
// never nested.
#define TRY(expression)                                         \
  __extension__({                                               \
    auto&& weir_tried = (expression);                           \
    if (!weir_tried.ok()) return std::move(weir_tried).error(); \
    std::move(weir_tried).value();                              \
  })

}  // namespace weir
