// Every form of option: what it takes, what it refuses, and that the refusal shows the right form.
#include "engine/plan/options.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

std::string check(OptionForm form, std::string_view value, std::string_view choices = "") {
  const Option option{"it", "", OptionScope::kTable, form, "", choices, ""};
  const Status status = check_option(option, value);
  if (status.ok()) return {};
  CHECK(status.error().kind == ErrorKind::kUser);
  return status.error().message;
}

std::string find(std::string_view connector, std::string_view name) {
  const Result<const Option*> found = find_table_option(connector, name);
  return found.ok() ? std::string((*found)->fallback) : found.error().message;
}

}  // namespace

TEST_CASE("AcceptsEachFormsOwnValues") {
  CHECK(check(OptionForm::kText, "x").empty());
  CHECK(check(OptionForm::kInteger, "-4").empty());
  CHECK(check(OptionForm::kInteger, "4", "1|4").empty());
  CHECK(check(OptionForm::kBoolean, "true").empty());
  CHECK(check(OptionForm::kInterval, "5 seconds").empty());
  CHECK(check(OptionForm::kInterval, "1 day 02:00:00").empty());
  CHECK(check(OptionForm::kIntervalOrNone, "none").empty());
  CHECK(check(OptionForm::kSize, "64MiB").empty());
  CHECK(check(OptionForm::kTimestamp, "2024-01-01 00:00:00Z").empty());
  CHECK(check(OptionForm::kTimestamp, "latest", "earliest|latest").empty());
  CHECK(check(OptionForm::kChoice, "skip", "fail|skip").empty());
  CHECK(check(OptionForm::kColumn, "at").empty());
  CHECK(check(OptionForm::kColumns, "card, account").empty());
  CHECK(check(OptionForm::kTable, "trash").empty());
}

TEST_CASE("RefusalsShowTheFormThatIsTaken") {
  CHECK_THAT(check(OptionForm::kText, ""), Contains("it is empty"));
  CHECK_THAT(check(OptionForm::kInteger, "4.5"), Contains("a whole number, such as '4'"));
  CHECK_THAT(check(OptionForm::kInteger, "0", "1|4096"), Contains("0 is not between 1 and 4096"));
  CHECK_THAT(check(OptionForm::kInteger, "99999999999999999999"), Contains("whole number"));
  CHECK_THAT(check(OptionForm::kBoolean, "yes"), Contains("'true' or 'false', not 'yes'"));
  CHECK_THAT(check(OptionForm::kInterval, "5 parsecs"),
             Contains("such as '5 seconds'") && Contains("'5 parsecs' is not an interval"));
  CHECK_THAT(check(OptionForm::kInterval, "none"), Contains("'none' is not an interval"));
  CHECK_THAT(check(OptionForm::kInterval, "1 month"), Contains("no fixed length"));
  CHECK_THAT(check(OptionForm::kInterval, "-1 second"), Contains("is negative"));
  CHECK_THAT(check(OptionForm::kIntervalOrNone, "never"), Contains("or 'none'"));
  CHECK_THAT(check(OptionForm::kSize, "1.5GiB"), Contains("such as '64MiB'"));
  CHECK_THAT(check(OptionForm::kTimestamp, "lates", "earliest|latest"),
             Contains("'earliest' or 'latest' or a time stamp"));
  CHECK_THAT(check(OptionForm::kChoice, "skp", "fail|skip|dead_letter"),
             Contains("'fail', 'skip' or 'dead_letter'") && Contains("did you mean \"skip\"?"));
  CHECK_THAT(check(OptionForm::kColumns, "card,,account"), Contains("separated by commas"));
  CHECK_THAT(check(OptionForm::kColumns, ""), Contains("separated by commas"));
  CHECK_THAT(check(OptionForm::kTable, ""), Contains("a table of the script"));
}

TEST_CASE("FindsTheOptionOfTheConnector") {
  CHECK(find("kafka", "start") == "earliest");
  CHECK(find("kafka", "stop") == "never");
  CHECK(find("file", "stop") == "end");
  CHECK(find("kafka", "max_future") == "1 hour");
  CHECK(find("generator", "max_future") == "none");
}

TEST_CASE("KafkaTablesKnowEveryProperty") {
  CHECK(find_table_option("kafka", "kafka.security.protocol").ok());
  CHECK_FALSE(find_table_option("kafka", "kafka.").ok());
  CHECK_THAT(find("file", "kafka.security.protocol"), Contains("for tables of connector 'kafka'"));
}

TEST_CASE("UnknownOptionsAreRefusedWithTheNearestName") {
  CHECK_THAT(find("kafka", "watermark_dealy"), Contains("did you mean \"watermark_delay\"?"));
  CHECK_THAT(find("kafka", "colour"), !Contains("did you mean"));
  CHECK_THAT(find("file", "topic"),
             Contains("is for tables of connector 'kafka'; this one is 'file'"));
  CHECK_THAT(find("print", "event_time"), Contains("'kafka', 'file' or 'generator'"));
  CHECK(find_script_option("state_tll").error().message ==
        "setting \"state_tll\" does not exist; did you mean \"state_ttl\"?");
}

TEST_CASE("ParsesIntervalsToMicroseconds") {
  CHECK(parse_micros("5 seconds").value() == 5'000'000);
  CHECK(parse_micros("1 day").value() == 86'400'000'000);
  CHECK(parse_micros("250 milliseconds").value() == 250'000);
  CHECK(parse_micros("0 seconds").value() == 0);
  CHECK_FALSE(parse_micros("2 years").ok());
  CHECK_FALSE(parse_micros("200000000 days").ok());
  CHECK(parse_micros_or_none("none").value() == std::nullopt);
  CHECK(parse_micros_or_none("1 second").value() == 1'000'000);
}

TEST_CASE("WritesDurationsThatAreReadBack") {
  CHECK(micros_text(0) == "0 seconds");
  CHECK(micros_text(1) == "1 microsecond");
  CHECK(micros_text(1'500'000) == "1500 milliseconds");
  CHECK(micros_text(60'000'000) == "1 minute");
  CHECK(micros_text(7'200'000'000) == "2 hours");
  for (const int64_t micros : {int64_t{1}, int64_t{999}, int64_t{1'000}, int64_t{61'000'000},
                               int64_t{86'400'000'000} * 400, int64_t{1} << 50}) {
    CHECK(parse_micros(micros_text(micros)).value() == micros);
  }
}

TEST_CASE("ParsesSizes") {
  CHECK(parse_size("1048576").value() == 1048576);
  CHECK(parse_size("12B").value() == 12);
  CHECK(parse_size("3KB").value() == 3000);
  CHECK(parse_size("3KiB").value() == 3072);
  CHECK(parse_size("64 MiB").value() == 64 << 20);
  CHECK(parse_size("2MB").value() == 2'000'000);
  CHECK(parse_size("1GB").value() == 1'000'000'000);
  CHECK(parse_size("1gib").value() == uint64_t{1} << 30);
  for (const std::string_view bad : {"", "GiB", "-1", "1 G iB", "1TiB", "99999999999GiB", "1e3"}) {
    CHECK_FALSE(parse_size(bad).ok());
  }
}

}  // namespace weir
