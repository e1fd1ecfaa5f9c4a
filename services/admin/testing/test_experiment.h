// Experiments and counts for the tests of this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/experiment.h"
#include "storage/experiment_store.h"

namespace mab::admin {

// Running, with the variants "v0", "v1", …, the first of which is the control.
inline storage::Experiment MakeTestExperiment(const std::string& key, size_t variant_count,
                                              absl::Time now) {
  storage::Experiment experiment;
  experiment.id = ExperimentId{Uuid::NewV7(now)};
  experiment.key = key;
  experiment.name = absl::StrCat("The experiment ", key);
  experiment.state = storage::ExperimentState::kRunning;
  experiment.floor = 0.01;
  experiment.revision = static_cast<uint64_t>(absl::ToUnixMillis(now));
  experiment.create_time = experiment.update_time = now;
  experiment.start_time = now;
  const absl::string_view id_bytes = experiment.id.uuid.AsBytes();
  std::copy(id_bytes.begin(), id_bytes.end(), experiment.salt.begin());
  for (size_t i = 0; i < variant_count; ++i) {
    experiment.variants.push_back(storage::Variant{.id = VariantId{Uuid::NewV7(now)},
                                                   .key = absl::StrCat("v", i),
                                                   .name = absl::StrCat("Variant ", i),
                                                   .is_control = i == 0,
                                                   .payload_json = "null",
                                                   .weight = 1,
                                                   .disabled = false});
  }
  return experiment;
}

inline absl::Status InsertExperiment(PgPool& pool, const storage::Experiment& experiment) {
  return pool.Transaction(
      [&](PgConnection& db) { return storage::ExperimentStore::Insert(db, experiment); });
}

// With a later revision, as every change has.
inline absl::Status UpdateExperiment(PgPool& pool, storage::Experiment& experiment) {
  ++experiment.revision;
  return pool.Transaction(
      [&](PgConnection& db) { return storage::ExperimentStore::Update(db, experiment); });
}

// Sets what a variant has counted.
inline absl::Status SetTotals(PgPool& pool, ExperimentId id, size_t variant_index,
                              uint64_t exposures, uint64_t conversions) {
  return pool
      .Execute(
          "INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions) "
          "VALUES ($1, $2, $3, $4) ON CONFLICT (experiment_id, variant_index) "
          "DO UPDATE SET exposures = excluded.exposures, conversions = excluded.conversions",
          {id, static_cast<uint64_t>(variant_index), exposures, conversions})
      .status();
}

}  // namespace mab::admin
