#include "admin/experiment_json.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "admin/json_text.h"
#include "common/secret.h"

namespace mab::admin {
namespace {

// The members of one object, in the order of the calls.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& json) : json_(json) { json_.push_back('{'); }
  void Close() { json_.push_back('}'); }

  void String(absl::string_view name, absl::string_view value) {
    Name(name);
    AppendJsonString(value, json_);
  }
  void Number(absl::string_view name, double value) {
    Name(name);
    AppendJsonNumber(value, json_);
  }
  void Bool(absl::string_view name, bool value) { Raw(name, value ? "true" : "false"); }
  // RFC 3339 in UTC with microseconds; null where there is none.
  void Time(absl::string_view name, std::optional<absl::Time> value) {
    if (!value.has_value()) return Raw(name, "null");
    String(name, absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", *value, absl::UTCTimeZone()));
  }
  // `json` is JSON already.
  void Raw(absl::string_view name, absl::string_view json) {
    Name(name);
    absl::StrAppend(&json_, json);
  }
  // What is appended next is this member's value.
  void Name(absl::string_view name) {
    if (!first_) json_.push_back(',');
    first_ = false;
    AppendJsonString(name, json_);
    json_.push_back(':');
  }

 private:
  std::string& json_;
  bool first_ = true;
};

// The payloads that the experiment has before the change, or after it, by variant.
using OtherSide = absl::flat_hash_map<VariantId, absl::string_view>;

void AppendUnchanged(absl::string_view payload, std::string& json) {
  ObjectWriter object(json);
  object.Number("bytes", static_cast<double>(payload.size()));
  object.String("sha256", HexEncode(Sha256(payload)));
  object.Close();
}

void AppendPayload(const storage::Variant& variant, const OtherSide& other, ObjectWriter& object,
                   std::string& json) {
  const auto found = other.find(variant.id);
  if (variant.payload_json.size() > kUnchangedPayloadBytesMax && found != other.end() &&
      found->second == variant.payload_json) {
    object.Name("payload_unchanged");
    return AppendUnchanged(variant.payload_json, json);
  }
  object.Raw("payload", variant.payload_json);
}

void AppendVariant(const storage::Variant& variant, const OtherSide& other, std::string& json) {
  ObjectWriter object(json);
  object.String("id", variant.id.ToString());
  object.String("key", variant.key);
  object.String("name", variant.name);
  object.Bool("is_control", variant.is_control);
  AppendPayload(variant, other, object, json);
  object.Number("weight", variant.weight);
  object.Bool("disabled", variant.disabled);
  object.Close();
}

void AppendVariants(const std::vector<storage::Variant>& variants, const OtherSide& other,
                    std::string& json) {
  json.push_back('[');
  for (const storage::Variant& variant : variants) {
    if (&variant != &variants.front()) json.push_back(',');
    AppendVariant(variant, other, json);
  }
  json.push_back(']');
}

void AppendStrings(const std::vector<std::string>& values, std::string& json) {
  json.push_back('[');
  for (const std::string& value : values) {
    if (&value != &values.front()) json.push_back(',');
    AppendJsonString(value, json);
  }
  json.push_back(']');
}

void AppendPrior(const bandit::Posterior& prior, std::string& json) {
  ObjectWriter object(json);
  object.Number("alpha", prior.alpha);
  object.Number("beta", prior.beta);
  object.Close();
}

OtherSide PayloadsOf(const storage::Experiment& experiment) {
  OtherSide payloads;
  for (const storage::Variant& variant : experiment.variants) {
    payloads.emplace(variant.id, variant.payload_json);
  }
  return payloads;
}

std::string ToJson(const storage::Experiment& experiment, const OtherSide& other) {
  std::string json;
  ObjectWriter object(json);
  object.String("id", experiment.id.ToString());
  object.String("key", experiment.key);
  object.String("name", experiment.name);
  object.String("description", experiment.description);
  object.String("state", storage::StateName(experiment.state));
  object.Name("variants");
  AppendVariants(experiment.variants, other, json);
  object.String("policy", storage::PolicyName(experiment.policy));
  object.Number("floor", experiment.floor);
  object.Number("burn_in_exposures", experiment.burn_in_exposures);
  object.Number("traffic_share", experiment.traffic_share);
  object.Name("prior");
  AppendPrior(experiment.prior, json);
  object.Number("conversion_window_seconds", experiment.conversion_window_seconds);
  object.Number("threshold_of_caring", experiment.threshold_of_caring);
  object.Number("minimum_exposures", experiment.minimum_exposures);
  object.Name("allowed_origins");
  AppendStrings(experiment.allowed_origins, json);
  object.String("etag", absl::StrCat(experiment.revision));
  object.Time("create_time", experiment.create_time);
  object.Time("update_time", experiment.update_time);
  object.Time("start_time", experiment.start_time);
  object.Time("end_time", experiment.end_time);
  object.String("winner", experiment.winner_index.has_value()
                              ? experiment.variants[*experiment.winner_index].key
                              : "");
  object.Close();
  return json;
}

}  // namespace

std::string ExperimentToJson(const storage::Experiment& experiment) {
  return ToJson(experiment, {});
}

ExperimentSides ExperimentChangeToJson(const storage::Experiment& before,
                                       const storage::Experiment& after) {
  return {.before = ToJson(before, PayloadsOf(after)), .after = ToJson(after, PayloadsOf(before))};
}

}  // namespace mab::admin
