#include "admin/experiment_payload_codec.h"

#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "admin/json_text.h"

namespace mab::admin {
namespace {

using google::protobuf::Value;

// What is wrong with a payload; empty: nothing.
using Problem = std::string;

Problem AppendValue(const Value& value, int depth_left, std::string& json);

Problem AppendList(const google::protobuf::ListValue& list, int depth_left, std::string& json) {
  json.push_back('[');
  for (int i = 0; i < list.values_size(); ++i) {
    if (i > 0) json.push_back(',');
    Problem problem = AppendValue(list.values(i), depth_left, json);
    if (!problem.empty()) return problem;
  }
  json.push_back(']');
  return "";
}

Problem AppendStruct(const google::protobuf::Struct& object, int depth_left, std::string& json) {
  // The map of protobuf has no order of its own.
  std::map<absl::string_view, const Value*> members;
  for (const auto& [name, value] : object.fields()) members.emplace(name, &value);
  json.push_back('{');
  bool first = true;
  for (const auto& [name, value] : members) {
    if (!first) json.push_back(',');
    first = false;
    AppendJsonString(name, json);
    json.push_back(':');
    Problem problem = AppendValue(*value, depth_left, json);
    if (!problem.empty()) return problem;
  }
  json.push_back('}');
  return "";
}

Problem AppendValue(const Value& value, int depth_left, std::string& json) {
  switch (value.kind_case()) {
    case Value::kNullValue:
      json.append("null");
      return "";
    case Value::kBoolValue:
      json.append(value.bool_value() ? "true" : "false");
      return "";
    case Value::kNumberValue:
      if (!std::isfinite(value.number_value())) return "must hold only finite numbers";
      AppendJsonNumber(value.number_value(), json);
      return "";
    case Value::kStringValue:
      AppendJsonString(value.string_value(), json);
      return "";
    case Value::kStructValue:
    case Value::kListValue:
      if (depth_left == 0) {
        return absl::StrCat("must not be nested more than ", kPayloadDepthMax, " deep");
      }
      return value.kind_case() == Value::kListValue
                 ? AppendList(value.list_value(), depth_left - 1, json)
                 : AppendStruct(value.struct_value(), depth_left - 1, json);
    case Value::KIND_NOT_SET:
      return "must be a JSON value";
  }
  return "must be a JSON value";
}

}  // namespace

std::string DecodePayload(const Value& payload, absl::string_view field, Violations& violations) {
  std::string json;
  const Problem problem = AppendValue(payload, kPayloadDepthMax, json);
  if (problem.empty()) return json;
  violations.Add(field, problem);
  return "null";
}

absl::Status EncodePayload(absl::string_view json, Value& payload) {
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &payload);
  if (!parsed.ok()) {
    return InternalError(absl::StrCat("a payload is not JSON: ", parsed.ToString()));
  }
  return absl::OkStatus();
}

}  // namespace mab::admin
