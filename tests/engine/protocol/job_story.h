// A JobMachine, its clock, and a short form of what it answers.
#pragma once

#include "engine/protocol/job.h"

#include <string>
#include <utility>

namespace weir {

constexpr int64_t kSecond = 1'000'000;

std::string describe(const job::Action& action);

struct JobStory {
  int64_t now = 100 * kSecond;
  JobMachine machine;

  explicit JobStory(const JobMachine::Job& job = {}) : machine(job) {}

  // What it answers to an event of the generation that it is in; and of another.
  template <typename What>
  std::string hear(What what) {
    return step({machine.generation(), std::move(what)});
  }
  template <typename What>
  std::string hear_of(uint64_t generation, What what) {
    return step({Generation(generation), std::move(what)});
  }
  std::string step(const job::Event& event);
  // Lets time go on to when the machine wants to be woken.
  std::string wake();
  job::Phase phase() const { return machine.phase(); }

  // Up to a phase, on these workers, by instance.
  void fence(uint64_t generation, std::vector<uint64_t> workers);
  void look(uint64_t generation, std::vector<uint64_t> workers);
  void prepare(uint64_t generation, std::vector<uint64_t> workers);
  void run(uint64_t generation, std::vector<uint64_t> workers);
  // From a failure to when slots are wanted again.
  void pause();
};

job::Granted granted(const std::vector<uint64_t>& workers);

}  // namespace weir
