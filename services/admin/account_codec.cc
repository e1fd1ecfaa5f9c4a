#include "admin/account_codec.h"

#include <cstdlib>

namespace mab::admin {
namespace {

mab::v1::Account::Role EncodeRole(Role role) {
  switch (role) {
    case Role::kViewer:
      return mab::v1::Account::VIEWER;
    case Role::kEditor:
      return mab::v1::Account::EDITOR;
    case Role::kAdmin:
      return mab::v1::Account::ADMIN;
  }
  std::abort();
}

}  // namespace

void EncodeCaller(const Caller& caller, mab::v1::Account* out) {
  out->set_id(caller.account_id.ToString());
  out->set_email(caller.email);
  out->set_role(EncodeRole(caller.role));
}

}  // namespace mab::admin
