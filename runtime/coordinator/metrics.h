// What is measured, for Prometheus and whoever reads its text form (/metrics). docs/metrics.md
// lists every name.
//
// Values are in base units: seconds, bytes, rows. Counters of a job begin again at zero with each
// life of it, as those of a process do. Pure: any thread.
#pragma once

#include "runtime/coordinator/job_view.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

enum class MetricType { kCounter, kGauge };

struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;

  bool operator==(const MetricSample&) const = default;
};

struct MetricFamily {
  std::string_view name;
  MetricType type = MetricType::kGauge;
  std::string_view help;
  std::vector<MetricSample> samples;

  bool operator==(const MetricFamily&) const = default;
};

// "counter", "gauge"
std::string_view type_name(MetricType type);

// Families without a sample are left out. Of jobs of one name only the newest is shown: `jobs` are
// in the order of submission.
std::vector<MetricFamily> job_metrics(std::span<const JobView> jobs);
std::vector<MetricFamily> cluster_metrics(const ClusterView& cluster);

// The text exposition format, version 0.0.4.
inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";
std::string metrics_text(std::span<const MetricFamily> families);

}  // namespace weir
