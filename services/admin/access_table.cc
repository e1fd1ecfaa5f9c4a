#include "admin/access_table.h"

namespace mab::admin {
namespace {

// By service, in the order of the contract.
constexpr AccessRow kTable[] = {
    // Whoever calls these has no access token yet: a password, a refresh token or the token of a
    // link says who he is.
    {"mab.v1.AccountService/Login", Access::kPublic},
    {"mab.v1.AccountService/RefreshSession", Access::kPublic},
    {"mab.v1.AccountService/Logout", Access::kPublic},
    {"mab.v1.AccountService/GetCurrentAccount", Access::kViewer},
    {"mab.v1.AccountService/SetUp", Access::kPublic},
    {"mab.v1.AccountService/SetPassword", Access::kPublic},
    {"mab.v1.AccountService/ChangePassword", Access::kViewer},
    {"mab.v1.AccountService/ListAccounts", Access::kAdmin},
    {"mab.v1.AccountService/GetAccount", Access::kAdmin},
    {"mab.v1.AccountService/InviteAccount", Access::kAdmin},
    {"mab.v1.AccountService/ChangeAccountRole", Access::kAdmin},
    {"mab.v1.AccountService/DisableAccount", Access::kAdmin},
    {"mab.v1.AccountService/EnableAccount", Access::kAdmin},
    {"mab.v1.AccountService/ResetAccountPassword", Access::kAdmin},

    {"mab.v1.AnalyticsService/GetAnalytics", Access::kViewer, KeyScope::kRead},
    {"mab.v1.AnalyticsService/BatchGetSummaries", Access::kViewer, KeyScope::kRead},
    {"mab.v1.AnalyticsService/GetTimeline", Access::kViewer, KeyScope::kRead},

    {"mab.v1.ApiKeyService/ListApiKeys", Access::kAdmin},
    {"mab.v1.ApiKeyService/CreateApiKey", Access::kAdmin},
    {"mab.v1.ApiKeyService/GetApiKey", Access::kAdmin},
    {"mab.v1.ApiKeyService/RevokeApiKey", Access::kAdmin},

    {"mab.v1.AuditService/ListAuditEntries", Access::kAdmin},

    {"mab.v1.ExperimentService/CreateExperiment", Access::kEditor, KeyScope::kWrite},
    {"mab.v1.ExperimentService/GetExperiment", Access::kViewer, KeyScope::kRead},
    {"mab.v1.ExperimentService/ListExperiments", Access::kViewer, KeyScope::kRead},
    {"mab.v1.ExperimentService/UpdateExperiment", Access::kEditor, KeyScope::kWrite},
    {"mab.v1.ExperimentService/DeleteExperiment", Access::kEditor, KeyScope::kWrite},
    {"mab.v1.ExperimentService/StartExperiment", Access::kEditor, KeyScope::kWrite},
    {"mab.v1.ExperimentService/PauseExperiment", Access::kEditor, KeyScope::kWrite},
    {"mab.v1.ExperimentService/ResumeExperiment", Access::kEditor, KeyScope::kWrite},
    {"mab.v1.ExperimentService/CompleteExperiment", Access::kEditor, KeyScope::kWrite},
    {"mab.v1.ExperimentService/ArchiveExperiment", Access::kEditor, KeyScope::kWrite},
    {"mab.v1.ExperimentService/DisableVariant", Access::kEditor, KeyScope::kWrite},

    {"mab.v1.ForecastService/ForecastExperiment", Access::kViewer, KeyScope::kRead},

    {"mab.v1.LookupService/LookupAssignment", Access::kViewer, KeyScope::kRead},

    {"mab.v1.OperationsService/GetSystem", Access::kViewer, KeyScope::kRead},

    {"mab.v1.SessionService/ListSessions", Access::kViewer},
    {"mab.v1.SessionService/EndSessions", Access::kViewer},
    {"mab.v1.SessionService/EndAccountSessions", Access::kAdmin},

    {"mab.v1.SnapshotService/WatchSnapshots", Access::kInternal},
    {"mab.v1.SnapshotService/ReportKeyUses", Access::kInternal},

    // What /health shows to anybody.
    {"mab.v1.SystemService/GetStatus", Access::kPublic},

    {"mab.v1.VisitorService/EraseVisitor", Access::kAdmin},
    {"mab.v1.VisitorService/GetErasure", Access::kAdmin},

    {"mab.v1.WebsiteService/CheckWebsite", Access::kEditor, KeyScope::kWrite},
};

}  // namespace

absl::Span<const AccessRow> AccessTable() { return kTable; }

std::optional<AccessRow> AccessOf(absl::string_view method) {
  for (const AccessRow& row : kTable) {
    if (row.method == method) return row;
  }
  return std::nullopt;
}

}  // namespace mab::admin
