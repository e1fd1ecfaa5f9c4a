#include "storage/replay_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bandit/draw.h"
#include "common/secret.h"
#include "common/status_macros.h"
#include "storage/experiment_store.h"
#include "storage/used_version_store.h"

namespace mab::storage {
namespace {

using bandit::DrawVersion;
using bandit::ReplayOutcome;

// It may take minutes, and nobody waits for it in a request. A server whose client is gone stops
// within a second.
constexpr char kBeginSql[] =
    "; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0"
    "; SET LOCAL client_connection_check_interval = '1s'; SET LOCAL work_mem = '64MB'";

constexpr char kListSql[] = "SELECT id, key, rows_retire_time FROM mab.experiments ORDER BY id";

constexpr char kVariantsSql[] =
    "SELECT id FROM mab.variants WHERE experiment_id = $1 ORDER BY variant_index";

// 0 is no version's number, and a number below it, which only a row that was altered can have, is
// as good as 0.
constexpr char kDeclareSql[] = R"(
DECLARE replayed NO SCROLL CURSOR FOR
SELECT user_hash, variant_index, greatest(version, 0) AS version, propensity, erased
FROM mab.assignments
WHERE experiment_id = $1
ORDER BY version, user_hash)";

struct Assignment {
  bandit::UserHash user;
  bool has_hash = true;
  int64_t variant_index = 0;
  uint64_t version = 0;
  double propensity = 0;
};

Assignment ReadAssignment(const PgResult& rows, int row) {
  Assignment assignment;
  const std::string hash = rows.Bytes(row, "user_hash");
  // Another length was not made by this system, and is nobody's: no draw can agree.
  assignment.has_hash = hash.size() == assignment.user.bytes.size();
  std::copy_n(hash.begin(), std::min(hash.size(), assignment.user.bytes.size()),
              assignment.user.bytes.begin());
  assignment.variant_index = rows.Int(row, "variant_index");
  assignment.version = static_cast<uint64_t>(rows.Int(row, "version"));
  assignment.propensity = rows.Double(row, "propensity");
  return assignment;
}

// One experiment, page by page.
class ExperimentReplayer {
 public:
  ExperimentReplayer(PgConnection& db, const ReplayCheck::Options& options, ReplayReport& report,
                     ExperimentId id, std::string key, std::optional<absl::Time> rows_retire_time)
      : db_(db), options_(options), report_(report) {
    replay_.id = id;
    replay_.key = std::move(key);
    replay_.rows_retire_time = rows_retire_time;
  }

  absl::Status Run() {
    MAB_ASSIGN_OR_RETURN(const PgResult variants, db_.Execute(kVariantsSql, {replay_.id}));
    for (int row = 0; row < variants.rows(); ++row) {
      variants_.push_back(VariantId{variants.GetUuid(row, "id")});
    }
    MAB_RETURN_IF_ERROR(db_.Execute(kDeclareSql, {replay_.id}).status());
    const std::string fetch = absl::StrCat("FETCH FORWARD ", options_.page_rows, " FROM replayed");
    while (true) {
      MAB_ASSIGN_OR_RETURN(const PgResult rows, db_.Execute(fetch));
      if (rows.rows() == 0) break;
      MAB_RETURN_IF_ERROR(ReplayPage(rows));
    }
    MAB_RETURN_IF_ERROR(db_.Execute("CLOSE replayed").status());
    if (replay_.assignments > 0 || replay_.rows_retire_time.has_value())
      report_.experiments.push_back(replay_);
    return absl::OkStatus();
  }

 private:
  absl::Status ReplayPage(const PgResult& rows) {
    std::vector<uint64_t> numbers;
    for (int row = 0; row < rows.rows(); ++row) {
      const auto number = static_cast<uint64_t>(rows.Int(row, "version"));
      if (number == last_number_ || (!numbers.empty() && numbers.back() == number)) continue;
      numbers.push_back(number);
    }
    MAB_RETURN_IF_ERROR(ReadVersions(numbers));
    auto version = versions_.begin();
    for (int row = 0; row < rows.rows(); ++row) {
      ++replay_.assignments;
      if (rows.Bool(row, "erased")) {
        ++replay_.erased;
        continue;
      }
      const Assignment assignment = ReadAssignment(rows, row);
      while (version != versions_.end() && version->number < assignment.version) ++version;
      if (version == versions_.end() || version->number != assignment.version) {
        ++replay_.unversioned;
        continue;
      }
      ReplayOne(*version, assignment);
    }
    last_number_ = static_cast<uint64_t>(rows.Int(rows.rows() - 1, "version"));
    return absl::OkStatus();
  }

  // Those of the page, and the last one of the page before, with which this one may begin.
  absl::Status ReadVersions(const std::vector<uint64_t>& numbers) {
    MAB_ASSIGN_OR_RETURN(std::vector<DrawVersion> read,
                         UsedVersionStore::GetMany(db_, replay_.id, numbers));
    for (const DrawVersion& version : read) {
      ++replay_.versions;
      if (!IsAsPublished(version, variants_)) ++replay_.deviating_versions;
    }
    if (!versions_.empty() && versions_.back().number == last_number_) {
      read.insert(read.begin(), std::move(versions_.back()));
    }
    versions_ = std::move(read);
    return absl::OkStatus();
  }

  void ReplayOne(const DrawVersion& version, const Assignment& assignment) {
    const ReplayOutcome outcome =
        assignment.has_hash
            ? bandit::Replay(version, assignment.user,
                             static_cast<size_t>(assignment.variant_index), assignment.propensity)
            : ReplayOutcome::kOtherArm;
    if (outcome == ReplayOutcome::kAgrees) {
      ++replay_.agreeing;
      return;
    }
    ++replay_.disagreeing;
    if (report_.first.size() < options_.disagreements_max) {
      report_.first.push_back(DisagreementOf(version, assignment, outcome));
    }
  }

  ReplayDisagreement DisagreementOf(const DrawVersion& version, const Assignment& assignment,
                                    ReplayOutcome outcome) const {
    ReplayDisagreement disagreement{
        .experiment_key = replay_.key,
        .user_hash_prefix = HexEncode(assignment.user.AsBytes().substr(0, 4)),
        .version = version.number,
        .outcome = outcome,
        .variant_index = assignment.variant_index,
        .propensity = assignment.propensity,
        .drawn_index = std::nullopt,
        .drawn_allocation = 0};
    if (outcome == ReplayOutcome::kNotDrawable) return disagreement;
    const size_t drawn = bandit::Draw(version, assignment.user);
    disagreement.drawn_index = drawn;
    disagreement.drawn_allocation = version.arms[drawn].allocation;
    return disagreement;
  }

  PgConnection& db_;
  const ReplayCheck::Options& options_;
  ReplayReport& report_;
  ExperimentReplay replay_;
  // By index.
  std::vector<VariantId> variants_;
  // By number: of the page.
  std::vector<DrawVersion> versions_;
  // Of the last assignment of the page before.
  uint64_t last_number_ = 0;
};

absl::Status ReplayAll(PgConnection& db, const ReplayCheck::Options& options,
                       ReplayReport& report) {
  if (!options.experiment.empty()) {
    MAB_ASSIGN_OR_RETURN(const Experiment experiment, ExperimentStore::Get(db, options.experiment));
    return ExperimentReplayer(db, options, report, experiment.id, experiment.key,
                              experiment.rows_retire_time)
        .Run();
  }
  MAB_ASSIGN_OR_RETURN(const PgResult experiments, db.Execute(kListSql));
  for (int row = 0; row < experiments.rows(); ++row) {
    MAB_RETURN_IF_ERROR(ExperimentReplayer(db, options, report,
                                           ExperimentId{experiments.GetUuid(row, "id")},
                                           std::string(experiments.Text(row, "key")),
                                           experiments.OptionalTime(row, "rows_retire_time"))
                            .Run());
  }
  return absl::OkStatus();
}

}  // namespace

bool ReplayReport::clean() const {
  return std::all_of(experiments.begin(), experiments.end(), [](const ExperimentReplay& replay) {
    return replay.disagreeing == 0 && replay.unversioned == 0 && replay.deviating_versions == 0;
  });
}

absl::StatusOr<ReplayReport> ReplayCheck::Run(PgConnection& db, const Options& options) {
  MAB_RETURN_IF_ERROR(db.Begin(absl::StrCat(kPgBegin, kBeginSql)));
  ReplayReport report;
  MAB_RETURN_IF_ERROR(db.Finish(ReplayAll(db, options, report)));
  return report;
}

}  // namespace mab::storage
