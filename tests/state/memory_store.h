// A SnapshotStore in memory that fails as a test wants it to. Any thread may use it.
#pragma once

#include "state/snapshot_store.h"

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace weir {

// What becomes of one write or removal.
enum class StoreFate {
  kDone,
  kDoneUnheard,  // It happened; the caller is told kUnavailable.
  kNotDone,      // It did not happen, and never will; kUnavailable.
  kDelayed,      // It happens at land_delayed(); kUnavailable until then.
};

enum class StoreCall { kPut, kPutIfAbsent, kRemove };

class MemoryStore final : public SnapshotStore {
 public:
  using Decide = std::function<StoreFate(StoreCall call, const std::string& name)>;

  // Asked before each write and each removal, with the store locked.
  void decide_with(Decide decide) {
    const std::lock_guard lock(mutex_);
    decide_ = std::move(decide);
  }
  // Runs `other` right before the `calls`-th call from now on, whatever it asks for: what another
  // process does there. It may call the store.
  void interrupt_at(uint64_t calls, std::function<void()> other) {
    const std::lock_guard lock(mutex_);
    calls_left_ = calls;
    other_ = std::move(other);
  }
  bool was_interrupted() const {
    const std::lock_guard lock(mutex_);
    return !other_;
  }
  // As of a store that nobody reaches, reads too.
  void set_reachable(bool is_reachable) {
    const std::lock_guard lock(mutex_);
    is_reachable_ = is_reachable;
  }
  // In the order in which they were asked for; a put_if_absent whose name is taken by then does
  // nothing.
  void land_delayed() {
    const std::lock_guard lock(mutex_);
    for (Write& write : delayed_) carry_out(std::move(write));
    delayed_.clear();
  }

  // Writes and removals asked for.
  uint64_t changes() const {
    const std::lock_guard lock(mutex_);
    return changes_;
  }
  std::map<std::string, std::string> objects() const {
    const std::lock_guard lock(mutex_);
    return objects_;
  }
  // What no caller can do: damage.
  void overwrite(const std::string& name, std::string bytes) {
    const std::lock_guard lock(mutex_);
    objects_[name] = std::move(bytes);
  }
  void erase(const std::string& name) {
    const std::lock_guard lock(mutex_);
    objects_.erase(name);
  }

  Status put(const std::string& name, std::string_view bytes) override {
    return change({StoreCall::kPut, name, std::string(bytes)});
  }
  Result<PutIfAbsent> put_if_absent(const std::string& name, std::string_view bytes) override {
    bool was_there = false;
    TRY(change({StoreCall::kPutIfAbsent, name, std::string(bytes)}, &was_there));
    return was_there ? PutIfAbsent::kWasThere : PutIfAbsent::kDone;
  }
  Result<std::optional<std::string>> get(const std::string& name) override {
    come();
    const std::lock_guard lock(mutex_);
    TRY(reach("read", name));
    const auto found = objects_.find(name);
    if (found == objects_.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  Result<std::optional<uint64_t>> size(const std::string& name) override {
    come();
    const std::lock_guard lock(mutex_);
    TRY(reach("look at", name));
    const auto found = objects_.find(name);
    if (found == objects_.end()) return std::optional<uint64_t>();
    return std::optional<uint64_t>(found->second.size());
  }
  Result<std::vector<std::string>> list(const std::string& prefix) override {
    come();
    const std::lock_guard lock(mutex_);
    if (!is_reachable_) return unavailable("cannot list " + prefix + ": the store is cut off");
    std::vector<std::string> found;
    for (auto at = objects_.lower_bound(prefix); at != objects_.end(); ++at) {
      if (!at->first.starts_with(prefix)) break;
      found.push_back(at->first);
    }
    return found;
  }
  Status remove(const std::string& name) override { return change({StoreCall::kRemove, name, ""}); }

 private:
  struct Write {
    StoreCall call;
    std::string name;
    std::string bytes;
  };

  void come() {
    std::function<void()> other;
    {
      const std::lock_guard lock(mutex_);
      if (!other_ || --calls_left_ > 0) return;
      other = std::exchange(other_, nullptr);
    }
    other();
  }

  Status reach(std::string_view action, const std::string& name) const {
    if (is_reachable_) return check_object_name(name);
    return unavailable("cannot " + std::string(action) + " " + name + ": the store is cut off");
  }

  Status change(Write write, bool* was_there = nullptr) {
    come();
    const std::lock_guard lock(mutex_);
    TRY(reach("change", write.name));
    ++changes_;
    const Error unheard = unavailable("cannot change " + write.name + ": no answer");
    switch (decide_ ? decide_(write.call, write.name) : StoreFate::kDone) {
      case StoreFate::kDone: {
        const bool done = carry_out(std::move(write));
        if (was_there != nullptr) *was_there = !done;
        return {};
      }
      case StoreFate::kDoneUnheard: carry_out(std::move(write)); return unheard;
      case StoreFate::kNotDone: return unheard;
      case StoreFate::kDelayed: delayed_.push_back(std::move(write)); return unheard;
    }
    unreachable();
  }

  bool carry_out(Write write) {
    switch (write.call) {
      case StoreCall::kPut: objects_[write.name] = std::move(write.bytes); return true;
      case StoreCall::kPutIfAbsent:
        return objects_.try_emplace(write.name, std::move(write.bytes)).second;
      case StoreCall::kRemove: objects_.erase(write.name); return true;
    }
    unreachable();
  }

  mutable std::mutex mutex_;

  // Guarded by mutex_.
  std::map<std::string, std::string> objects_;
  std::deque<Write> delayed_;
  Decide decide_;
  std::function<void()> other_;
  uint64_t calls_left_ = 0;
  bool is_reachable_ = true;
  uint64_t changes_ = 0;
};

}  // namespace weir
