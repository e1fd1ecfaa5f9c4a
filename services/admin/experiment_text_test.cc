#include "admin/experiment_text.h"

#include <gtest/gtest.h>

#include <set>

namespace mab::admin {
namespace {

TEST(ExperimentTextTest, CountsCodePointsAndNotBytes) {
  EXPECT_EQ(InspectText("")->characters, 0u);
  EXPECT_EQ(InspectText("abc")->characters, 3u);
  EXPECT_EQ(InspectText("Ä日😀")->characters, 3u);
  // The first and last code point of each length.
  EXPECT_EQ(
      InspectText("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF")
          ->characters,
      7u);
}

TEST(ExperimentTextTest, RefusesWhatIsNotUtf8) {
  for (const absl::string_view text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC2", "\xE2\x82",
        "\xF0\x9F\x98", "\xC2\x41", "a\xE2\x82z"}) {
    EXPECT_FALSE(InspectText(text).has_value()) << text;
  }
}

TEST(ExperimentTextTest, TellsControlCharactersFromBreaks) {
  EXPECT_FALSE(InspectText("plain ~ text\xC2\xA0")->has_control);
  const auto breaks = InspectText("a\tb\nc\r");
  EXPECT_TRUE(breaks->has_control);
  EXPECT_FALSE(breaks->has_control_beside_breaks);
  for (const absl::string_view text :
       {absl::string_view("\0", 1), absl::string_view("\x1F"), absl::string_view("\x7F"),
        absl::string_view("\xC2\x80"), absl::string_view("\xC2\x9F")}) {
    EXPECT_TRUE(InspectText(text)->has_control);
    EXPECT_TRUE(InspectText(text)->has_control_beside_breaks);
  }
}

TEST(ExperimentTextTest, TellsBlankText) {
  EXPECT_TRUE(InspectText("")->blank);
  EXPECT_TRUE(InspectText(" \n ")->blank);
  EXPECT_FALSE(InspectText(" x ")->blank);
}

TEST(ExperimentTextTest, MakesAKeyOfAName) {
  EXPECT_EQ(SlugOf("Hero title"), "hero-title");
  EXPECT_EQ(SlugOf("  50 % off -- NOW!  "), "50-off-now");
  EXPECT_EQ(SlugOf("Größe"), "gr-e");
  EXPECT_EQ(SlugOf("日本語"), "experiment");
  EXPECT_EQ(SlugOf(""), "experiment");
  EXPECT_EQ(SlugOf(std::string(200, 'x')), std::string(64, 'x'));
  // A word that does not fit leaves no '-' behind.
  EXPECT_EQ(SlugOf(std::string(63, 'x') + " y"), std::string(63, 'x'));
  EXPECT_EQ(SlugOf(std::string(62, 'x') + " y"), std::string(62, 'x') + "-y");
}

TEST(ExperimentTextTest, CountsInLetters) {
  EXPECT_EQ(LetterKey(0), "a");
  EXPECT_EQ(LetterKey(25), "z");
  EXPECT_EQ(LetterKey(26), "aa");
  EXPECT_EQ(LetterKey(27), "ab");
  EXPECT_EQ(LetterKey(51), "az");
  EXPECT_EQ(LetterKey(52), "ba");
  EXPECT_EQ(LetterKey(701), "zz");
  EXPECT_EQ(LetterKey(702), "aaa");
  std::set<std::string> keys;
  for (size_t i = 0; i < 1000; ++i) keys.insert(LetterKey(i));
  EXPECT_EQ(keys.size(), 1000u);
}

}  // namespace
}  // namespace mab::admin
