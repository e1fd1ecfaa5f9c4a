#include "admin/experiment_payload_codec.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"

namespace mab::admin {
namespace {

using google::protobuf::Value;

// The JSON text of `payload`, or what is wrong with it.
std::string Decode(const Value& payload) {
  Violations violations;
  std::string json = DecodePayload(payload, "variants[1].payload", violations);
  if (violations.empty()) return json;
  const FieldViolation violation = ErrorViolations(violations.ToStatus()).at(0);
  return absl::StrCat(violation.field, " ", violation.description);
}

Value Parse(const std::string& json) {
  Value value;
  const absl::Status status = EncodePayload(json, value);
  EXPECT_TRUE(status.ok()) << status;
  return value;
}

// Arrays or objects around a number.
Value Nested(int depth, bool objects) {
  Value value;
  value.set_number_value(1);
  for (int i = 0; i < depth; ++i) {
    Value outer;
    if (objects) {
      (*outer.mutable_struct_value()->mutable_fields())["k"] = value;
    } else {
      *outer.mutable_list_value()->add_values() = value;
    }
    value = outer;
  }
  return value;
}

TEST(ExperimentPayloadCodecTest, GivesBackWhatItTook) {
  for (const std::string& json :
       {std::string("null"), std::string("true"), std::string("0"), std::string("-2.5e-07"),
        std::string("1e+308"), std::string(R"("")"), std::string(R"("\u0000 \"<b>\" \\ Ü 😀")"),
        std::string("[]"), std::string("{}"), std::string(R"([1,[],{"a":null},"x"])"),
        std::string(R"({"":0,"a":{"b":[true,false]},"z":"<p>&</p>"})")}) {
    EXPECT_EQ(Decode(Parse(json)), json);
  }
}

TEST(ExperimentPayloadCodecTest, TheSamePayloadIsTheSameText) {
  EXPECT_EQ(Decode(Parse(R"({ "b" : 1.0, "a" : 100000, "aa":2 })")),
            R"({"a":100000,"aa":2,"b":1})");
}

TEST(ExperimentPayloadCodecTest, RefusesNumbersThatAreNotFinite) {
  for (const double number :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}) {
    Value value;
    value.mutable_list_value()->add_values()->set_number_value(number);
    EXPECT_EQ(Decode(value), "variants[1].payload must hold only finite numbers");
  }
}

TEST(ExperimentPayloadCodecTest, RefusesAValueThatIsNone) {
  EXPECT_EQ(Decode(Value()), "variants[1].payload must be a JSON value");
  Value value;
  (*value.mutable_struct_value()->mutable_fields())["k"] = Value();
  EXPECT_EQ(Decode(value), "variants[1].payload must be a JSON value");
}

TEST(ExperimentPayloadCodecTest, LimitsNesting) {
  for (const bool objects : {false, true}) {
    const Value deepest = Nested(32, objects);
    const std::string json = Decode(deepest);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(Parse(json), deepest));
    EXPECT_EQ(Decode(Nested(33, objects)),
              "variants[1].payload must not be nested more than 32 deep");
  }
}

TEST(ExperimentPayloadCodecTest, RefusesTextThatIsNoJson) {
  Value value;
  EXPECT_EQ(EncodePayload("{", value).code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace mab::admin
