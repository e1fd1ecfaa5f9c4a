#include "admin/common_password.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace mab::admin {
namespace {

constexpr size_t kOwnCharactersMin = 8;
// A part of an address that is shorter is in many words.
constexpr size_t kOwnPartMin = 3;
constexpr absl::string_view kProductNames[] = {"mab-system", "mab_system", "mab system",
                                               "mabsystem",  "mab-admin",  "mab"};

constexpr absl::string_view kRows[] = {
    "abcdefghijklmnopqrstuvwxyz", "01234567890123456789",       "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "q1w2e3r4t5y6u7i8o9p0",       "1q2w3e4r5t6y7u8i9o0p",       "zaq1xsw2cde3vfr4bgt5nhy6mju7",
    "qazwsxedcrfvtgbyhnujmikolp"};

const absl::flat_hash_set<absl::string_view>& List() {
  static const auto* const list = new absl::flat_hash_set<absl::string_view>(
      absl::StrSplit(CommonPasswordList(), '\n', absl::SkipEmpty()));
  return *list;
}

bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }

// Without what is no letter, before and behind.
absl::string_view Core(absl::string_view text) {
  while (!text.empty() && !IsLetter(text.front())) text.remove_prefix(1);
  while (!text.empty() && !IsLetter(text.back())) text.remove_suffix(1);
  return text;
}

// With letters for the digits and signs that often stand for them.
std::string Plain(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"@", "a"},
                                    {"4", "a"},
                                    {"0", "o"},
                                    {"3", "e"},
                                    {"1", "i"},
                                    {"!", "i"},
                                    {"5", "s"},
                                    {"$", "s"},
                                    {"7", "t"}});
}

bool IsListed(absl::string_view text) {
  return List().contains(text) || List().contains(Core(text)) ||
         List().contains(Plain(Core(text))) || List().contains(Core(Plain(text)));
}

// Two listed words, which may have something else than letters between and around them.
bool IsTwoListed(absl::string_view text) {
  const absl::string_view core = Core(text);
  for (size_t cut = 4; cut + 4 <= core.size(); ++cut) {
    if (List().contains(Core(core.substr(0, cut))) && List().contains(Core(core.substr(cut)))) {
      return true;
    }
  }
  return false;
}

bool IsRepetition(absl::string_view text) {
  for (size_t unit = 1; unit * 3 <= text.size(); ++unit) {
    bool repeats = true;
    for (size_t i = unit; i < text.size() && repeats; ++i) repeats = text[i] == text[i - unit];
    if (repeats) return true;
  }
  return false;
}

bool IsRow(absl::string_view text) {
  for (const absl::string_view row : kRows) {
    const std::string twice = absl::StrCat(row, row);
    const std::string reversed(twice.rbegin(), twice.rend());
    if (absl::StrContains(twice, text) || absl::StrContains(reversed, text)) return true;
  }
  return false;
}

// What of `email` and of the product somebody may have put in, the longest first.
std::vector<std::string> OwnParts(absl::string_view email) {
  std::vector<std::string> parts(std::begin(kProductNames), std::end(kProductNames));
  const std::string lower = absl::AsciiStrToLower(email);
  parts.push_back(lower);
  for (const absl::string_view part : absl::StrSplit(lower, absl::ByAnyChar("@.+-_"))) {
    if (part.size() >= kOwnPartMin) parts.emplace_back(part);
  }
  std::sort(parts.begin(), parts.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return parts;
}

bool IsMostlyOwn(absl::string_view text, absl::string_view email) {
  std::string rest(text);
  for (const std::string& part : OwnParts(email)) {
    if (!part.empty()) rest = absl::StrReplaceAll(rest, {{part, ""}});
  }
  return rest.size() < text.size() && rest.size() < kOwnCharactersMin;
}

}  // namespace

bool IsCommonPassword(absl::string_view password, absl::string_view email) {
  // A longer one is in no list, and is not searched for parts.
  constexpr size_t kBytesMax = 64;
  const std::string text = absl::AsciiStrToLower(password);
  if (IsRepetition(text)) return true;
  if (text.size() > kBytesMax) return false;
  return IsListed(text) || IsTwoListed(text) || IsRow(text) || IsMostlyOwn(text, email);
}

}  // namespace mab::admin
