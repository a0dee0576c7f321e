// Goal: payload texts have the lengths, separators and links that the benchmark's queries rely on.
#include "operators/connectors/generator/nexmark_texts.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

namespace weir {

TEST_CASE("NineOfTenCachedChannelsHaveAnIdInTheirUrl") {
  const NexmarkTexts texts(1);
  size_t with_id = 0;
  std::set<std::string> urls;
  for (size_t i = 0; i < NexmarkTexts::kHotChannels + NexmarkTexts::kChannels; ++i) {
    const std::string url(texts.url(i));
    urls.insert(url);
    REQUIRE(url.starts_with("https://www.nexmark.com/"));
    REQUIRE(std::count(url.begin(), url.end(), '/') == 6);
    if (url.find("&channel_id=") == std::string::npos) continue;
    CHECK(i >= NexmarkTexts::kHotChannels);
    ++with_id;
  }
  CHECK(urls.size() > 10'000);
  CHECK(std::abs(static_cast<double>(with_id) - 9000) < 120);
}

TEST_CASE("ChannelsAreNamedAndHalfOfTheDrawsAreHot") {
  const NexmarkTexts texts(1);
  const auto name = [&](size_t index) { return std::string(Arena().text(texts.channel(index))); };
  CHECK(name(3) == "Apple");
  CHECK(name(4) == "channel-0");
  CHECK(name(10'003) == "channel-9999");
  size_t hot = 0;
  for (uint64_t i = 0; i < 100'000; ++i) {
    const size_t index = nexmark_channel(random_word(5, i));
    REQUIRE(index < NexmarkTexts::kHotChannels + NexmarkTexts::kChannels);
    if (index < NexmarkTexts::kHotChannels) ++hot;
  }
  CHECK(std::abs(static_cast<double>(hot) - 50'000) < 800);
}

TEST_CASE("WordsAreTrimmedAndOneInThirteenIsASpace") {
  const NexmarkTexts texts(1);
  size_t characters = 0;
  size_t spaces = 0;
  for (uint64_t i = 0; i < 20'000; ++i) {
    const std::string_view text = texts.words(random_word(6, i), 100);
    REQUIRE(text.size() < 100);
    if (text.empty()) continue;
    REQUIRE(text.front() != ' ');
    REQUIRE(text.back() != ' ');
    characters += text.size();
    spaces += static_cast<size_t>(std::count(text.begin(), text.end(), ' '));
  }
  CHECK(std::abs(static_cast<double>(characters) / 20'000 - 50.8) < 1);
  CHECK(std::abs(static_cast<double>(spaces) / static_cast<double>(characters) - 0.0755) < 0.003);
}

TEST_CASE("AnotherSeedGivesOtherTexts") {
  CHECK(NexmarkTexts(1).url(7) != NexmarkTexts(2).url(7));
  CHECK(std::string(NexmarkTexts(1).letters(0), 60) != std::string(NexmarkTexts(2).letters(0), 60));
  CHECK(std::string(NexmarkTexts(1).letters(0), 60) == std::string(NexmarkTexts(1).letters(0), 60));
}

}  // namespace weir
