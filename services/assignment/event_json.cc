#include "assignment/event_json.h"

#include <variant>
#include <vector>

#include "storage/experiment.h"

namespace mab::assignment {
namespace {

using storage::AssignmentEvent;
using storage::ConversionEvent;
using storage::CountEvent;
using storage::ErasureEvent;
using storage::ExposureEvent;
using storage::VersionEvent;

// What assignments, exposures and conversions begin with.
template <typename T>
void AddSubject(const T& event, JsonLine& line) {
  line.Text("experiment_id", event.experiment_id.ToString())
      .Hex("user_hash", event.user.AsBytes())
      .Integer("variant_index", event.variant_index)
      .Integer("version", event.version);
}

void Add(const VersionEvent& event, JsonLine& line) {
  const bandit::DrawVersion& version = event.version;
  std::vector<JsonLine> arms;
  for (const bandit::DrawArm& arm : version.arms) {
    JsonLine one;
    one.Text("variant_id", arm.variant_id.ToString())
        .Bool("eligible", arm.eligible)
        .Number("alpha", arm.posterior.alpha)
        .Number("beta", arm.posterior.beta)
        .Number("weight", arm.weight)
        .Number("probability_best", arm.probability_best)
        .Number("allocation", arm.allocation);
    arms.push_back(one);
  }
  line.Text("experiment_id", event.experiment_id.ToString())
      .Integer("version", version.number)
      .Text("policy", storage::PolicyName(version.policy))
      .Number("floor", version.floor)
      .Hex("salt", absl::string_view(reinterpret_cast<const char*>(version.salt.data()),
                                     version.salt.size()))
      .Integer("sampler_id", version.sampler_id)
      .List("arms", arms);
}

void Add(const AssignmentEvent& event, JsonLine& line) {
  AddSubject(event, line);
  line.Number("propensity", event.propensity)
      .Time("assigned_at", event.assigned_at)
      .Bool("exposed", event.exposed);
}

void Add(const ExposureEvent& event, JsonLine& line) {
  AddSubject(event, line);
  line.Time("exposed_at", event.exposed_at);
}

void Add(const ConversionEvent& event, JsonLine& line) {
  AddSubject(event, line);
  line.Time("converted_at", event.converted_at)
      .Time("exposed_at", event.exposed_at)
      .Bool("credited", event.credited)
      .Number("value", event.value)
      .Text("event_id", event.event_id);
  if (!IsUtf8(event.event_id)) line.Hex("event_id_bytes", event.event_id);
}

void Add(const CountEvent& event, JsonLine& line) {
  line.Text("experiment_id", event.experiment_id.ToString())
      .Text("kind", storage::KindName(event.kind))
      .Time("at", event.at)
      .Integer("count", event.count);
}

void Add(const ErasureEvent& event, JsonLine& line) {
  line.Hex("user_hash", event.user.AsBytes()).Time("erased_at", event.erased_at);
}

}  // namespace

void AddEventFields(const storage::Event& event, JsonLine& line) {
  std::visit([&line](const auto& one) { Add(one, line); }, event);
}

}  // namespace mab::assignment
