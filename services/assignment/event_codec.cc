#include "assignment/event_codec.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "assignment/byte_codec.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

using storage::AssignmentEvent;
using storage::ConversionEvent;
using storage::CountEvent;
using storage::ErasureEvent;
using storage::Event;
using storage::ExposureEvent;
using storage::VersionEvent;

// The version of every form that is written today.
constexpr uint8_t kFormVersion = 1;
// Of counts of other kinds than the first.
constexpr uint8_t kCountKindsFormVersion = 2;

template <typename... Overloads>
struct Overloaded : Overloads... {
  using Overloads::operator()...;
};
template <typename... Overloads>
Overloaded(Overloads...) -> Overloaded<Overloads...>;

bool IsFinite(absl::Time time) {
  return time != absl::InfinitePast() && time != absl::InfiniteFuture();
}

// ---- The limits: the same for what is written and for what is read.

absl::Status CheckVersion(const VersionEvent& event) {
  if (event.version.arms.size() > kVersionArmsMax) {
    return InvalidArgumentError("version.arms", absl::StrCat("must be at most ", kVersionArmsMax));
  }
  bool finite = std::isfinite(event.version.floor);
  for (const bandit::DrawArm& arm : event.version.arms) {
    finite = finite && std::isfinite(arm.posterior.alpha) && std::isfinite(arm.posterior.beta) &&
             std::isfinite(arm.weight) && std::isfinite(arm.probability_best) &&
             std::isfinite(arm.allocation);
  }
  if (!finite) return InvalidArgumentError("version", "must have finite numbers");
  return absl::OkStatus();
}

absl::Status CheckAssignment(const AssignmentEvent& event) {
  if (!std::isfinite(event.propensity)) return InvalidArgumentError("propensity", "must be finite");
  if (!IsFinite(event.assigned_at)) return InvalidArgumentError("assigned_at", "must be finite");
  return absl::OkStatus();
}

absl::Status CheckExposure(const ExposureEvent& event) {
  if (!IsFinite(event.exposed_at)) return InvalidArgumentError("exposed_at", "must be finite");
  return absl::OkStatus();
}

absl::Status CheckConversion(const ConversionEvent& event) {
  if (event.event_id.size() > kEventIdBytesMax) {
    return InvalidArgumentError("event_id",
                                absl::StrCat("must be at most ", kEventIdBytesMax, " bytes"));
  }
  if (event.value.has_value() && !std::isfinite(*event.value)) {
    return InvalidArgumentError("value", "must be finite");
  }
  if (!IsFinite(event.converted_at)) return InvalidArgumentError("converted_at", "must be finite");
  if (event.exposed_at.has_value() && !IsFinite(*event.exposed_at)) {
    return InvalidArgumentError("exposed_at", "must be finite");
  }
  if (event.credited && !event.exposed_at.has_value()) {
    return InvalidArgumentError("credited", "needs an exposure");
  }
  return absl::OkStatus();
}

absl::Status CheckCount(const CountEvent& event) {
  if (!IsFinite(event.at)) return InvalidArgumentError("at", "must be finite");
  return absl::OkStatus();
}

absl::Status CheckErasure(const ErasureEvent& event) {
  if (!IsFinite(event.erased_at)) return InvalidArgumentError("erased_at", "must be finite");
  return absl::OkStatus();
}

absl::Status Check(const Event& event) {
  return std::visit(Overloaded{[](const VersionEvent& e) { return CheckVersion(e); },
                               [](const AssignmentEvent& e) { return CheckAssignment(e); },
                               [](const ExposureEvent& e) { return CheckExposure(e); },
                               [](const ConversionEvent& e) { return CheckConversion(e); },
                               [](const CountEvent& e) { return CheckCount(e); },
                               [](const ErasureEvent& e) { return CheckErasure(e); }},
                    event);
}

// ---- Fields that several forms have.

void PutTime(ByteWriter& out, absl::Time time) { out.I64(absl::ToUnixMicros(time)); }
absl::Time GetTime(ByteReader& in) { return absl::FromUnixMicros(in.I64()); }

template <typename Id>
Id GetId(ByteReader& in) {
  return Id{Uuid{in.Array<16>()}};
}

bandit::UserHash GetUser(ByteReader& in) { return bandit::UserHash{in.Array<16>()}; }

// ---- One Put and one Get a form.

void Put(ByteWriter& out, const VersionEvent& event) {
  const bandit::DrawVersion& version = event.version;
  out.Bytes(event.experiment_id.uuid.AsBytes());
  out.U64(version.number);
  out.U8(static_cast<uint8_t>(version.policy));
  out.Double(version.floor);
  out.Bytes(
      absl::string_view(reinterpret_cast<const char*>(version.salt.data()), version.salt.size()));
  out.U32(version.sampler_id);
  out.U16(static_cast<uint16_t>(version.arms.size()));
  for (const bandit::DrawArm& arm : version.arms) {
    out.Bytes(arm.variant_id.uuid.AsBytes());
    out.Bool(arm.eligible);
    out.Double(arm.posterior.alpha);
    out.Double(arm.posterior.beta);
    out.Double(arm.weight);
    out.Double(arm.probability_best);
    out.Double(arm.allocation);
  }
}

// Nothing when the policy or the number of arms is impossible.
std::optional<VersionEvent> GetVersion(ByteReader& in) {
  VersionEvent event;
  event.experiment_id = GetId<ExperimentId>(in);
  event.version.number = in.U64();
  const uint8_t policy = in.U8();
  if (policy > static_cast<uint8_t>(bandit::Policy::kFixed)) return std::nullopt;
  event.version.policy = static_cast<bandit::Policy>(policy);
  event.version.floor = in.Double();
  event.version.salt = in.Array<16>();
  event.version.sampler_id = in.U32();
  const uint16_t arms = in.U16();
  if (arms > kVersionArmsMax) return std::nullopt;
  event.version.arms.resize(arms);
  for (bandit::DrawArm& arm : event.version.arms) {
    arm.variant_id = GetId<VariantId>(in);
    arm.eligible = in.Bool();
    arm.posterior.alpha = in.Double();
    arm.posterior.beta = in.Double();
    arm.weight = in.Double();
    arm.probability_best = in.Double();
    arm.allocation = in.Double();
  }
  return event;
}

void Put(ByteWriter& out, const AssignmentEvent& event) {
  out.Bytes(event.experiment_id.uuid.AsBytes());
  out.Bytes(event.user.AsBytes());
  out.U16(event.variant_index);
  out.U64(event.version);
  out.Double(event.propensity);
  PutTime(out, event.assigned_at);
  out.Bool(event.exposed);
}

AssignmentEvent GetAssignment(ByteReader& in) {
  AssignmentEvent event;
  event.experiment_id = GetId<ExperimentId>(in);
  event.user = GetUser(in);
  event.variant_index = in.U16();
  event.version = in.U64();
  event.propensity = in.Double();
  event.assigned_at = GetTime(in);
  event.exposed = in.Bool();
  return event;
}

void Put(ByteWriter& out, const ExposureEvent& event) {
  out.Bytes(event.experiment_id.uuid.AsBytes());
  out.Bytes(event.user.AsBytes());
  out.U16(event.variant_index);
  out.U64(event.version);
  PutTime(out, event.exposed_at);
}

ExposureEvent GetExposure(ByteReader& in) {
  ExposureEvent event;
  event.experiment_id = GetId<ExperimentId>(in);
  event.user = GetUser(in);
  event.variant_index = in.U16();
  event.version = in.U64();
  event.exposed_at = GetTime(in);
  return event;
}

void Put(ByteWriter& out, const ConversionEvent& event) {
  out.Bytes(event.experiment_id.uuid.AsBytes());
  out.Bytes(event.user.AsBytes());
  out.U16(event.variant_index);
  out.U64(event.version);
  PutTime(out, event.converted_at);
  out.Bool(event.exposed_at.has_value());
  if (event.exposed_at.has_value()) PutTime(out, *event.exposed_at);
  out.Bool(event.credited);
  out.Bool(event.value.has_value());
  if (event.value.has_value()) out.Double(*event.value);
  out.U8(static_cast<uint8_t>(event.event_id.size()));
  out.Bytes(event.event_id);
}

ConversionEvent GetConversion(ByteReader& in) {
  ConversionEvent event;
  event.experiment_id = GetId<ExperimentId>(in);
  event.user = GetUser(in);
  event.variant_index = in.U16();
  event.version = in.U64();
  event.converted_at = GetTime(in);
  if (in.Bool()) event.exposed_at = GetTime(in);
  event.credited = in.Bool();
  if (in.Bool()) event.value = in.Double();
  event.event_id = std::string(in.Bytes(in.U8()));
  return event;
}

void Put(ByteWriter& out, const CountEvent& event) {
  out.Bytes(event.experiment_id.uuid.AsBytes());
  out.U8(static_cast<uint8_t>(event.kind));
  PutTime(out, event.at);
  out.U64(event.count);
}

uint8_t FormVersionOf(const CountEvent& event) {
  return event.kind == CountEvent::Kind::kDuplicateConversion ? kFormVersion
                                                              : kCountKindsFormVersion;
}

// Nothing when the kind is impossible, or none of that version.
std::optional<CountEvent> GetCount(uint8_t form, ByteReader& in) {
  CountEvent event;
  event.experiment_id = GetId<ExperimentId>(in);
  const uint8_t kind = in.U8();
  if (kind > static_cast<uint8_t>(CountEvent::Kind::kBotRate)) return std::nullopt;
  event.kind = static_cast<CountEvent::Kind>(kind);
  if (FormVersionOf(event) != form) return std::nullopt;
  event.at = GetTime(in);
  event.count = in.U64();
  return event;
}

void Put(ByteWriter& out, const ErasureEvent& event) {
  out.Bytes(event.user.AsBytes());
  PutTime(out, event.erased_at);
}

ErasureEvent GetErasure(ByteReader& in) {
  ErasureEvent event;
  event.user = GetUser(in);
  event.erased_at = GetTime(in);
  return event;
}

std::optional<Event> GetEvent(RecordType type, uint8_t form, ByteReader& in) {
  switch (type) {
    case RecordType::kVersion:
      return GetVersion(in);
    case RecordType::kAssignment:
      return GetAssignment(in);
    case RecordType::kExposure:
      return GetExposure(in);
    case RecordType::kConversion:
      return GetConversion(in);
    case RecordType::kCount:
      return GetCount(form, in);
    case RecordType::kErasure:
      return GetErasure(in);
  }
  return std::nullopt;
}

}  // namespace

RecordType TypeOf(const Event& event) {
  return std::visit(Overloaded{[](const VersionEvent&) { return RecordType::kVersion; },
                               [](const AssignmentEvent&) { return RecordType::kAssignment; },
                               [](const ExposureEvent&) { return RecordType::kExposure; },
                               [](const ConversionEvent&) { return RecordType::kConversion; },
                               [](const CountEvent&) { return RecordType::kCount; },
                               [](const ErasureEvent&) { return RecordType::kErasure; }},
                    event);
}

absl::string_view RecordTypeName(RecordType type) {
  switch (type) {
    case RecordType::kVersion:
      return "version";
    case RecordType::kAssignment:
      return "assignment";
    case RecordType::kExposure:
      return "exposure";
    case RecordType::kConversion:
      return "conversion";
    case RecordType::kCount:
      return "count";
    case RecordType::kErasure:
      return "erasure";
  }
  return "unknown";
}

absl::Status EncodeEvent(const Event& event, std::string* body) {
  MAB_RETURN_IF_ERROR(Check(event));
  ByteWriter out(body);
  const auto* const count = std::get_if<CountEvent>(&event);
  out.U8(count != nullptr ? FormVersionOf(*count) : kFormVersion);
  std::visit([&out](const auto& e) { Put(out, e); }, event);
  return absl::OkStatus();
}

absl::StatusOr<Event> DecodeEvent(RecordType type, absl::string_view body) {
  if (RecordTypeName(type) == "unknown") {
    return FailedPreconditionError(
        kReasonFailedPrecondition,
        absl::StrCat("record type ", static_cast<int>(type), " is not known to this build"));
  }
  ByteReader in(body);
  const uint8_t form = in.U8();
  if (in.ok() && form != kFormVersion &&
      !(type == RecordType::kCount && form == kCountKindsFormVersion)) {
    return FailedPreconditionError(
        kReasonFailedPrecondition,
        absl::StrCat("version ", form, " of the record type ", RecordTypeName(type),
                     " is not known to this build"));
  }
  std::optional<Event> event = GetEvent(type, form, in);
  if (!event.has_value() || !in.Finished() || !Check(*event).ok()) {
    return absl::DataLossError(
        absl::StrCat("the bytes are not a body of the type ", RecordTypeName(type)));
  }
  return *std::move(event);
}

}  // namespace mab::assignment
