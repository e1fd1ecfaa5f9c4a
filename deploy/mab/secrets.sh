# shellcheck shell=bash
# The secrets. In development they are made once and kept in $MAB_DATA_DIR/secrets.env, which only its owner reads. In
# production they must be given.

random_hex() { od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

load_secrets() {
  local file=$MAB_DATA_DIR/secrets.env
  if [[ $ENV == production ]]; then
    require_production_secrets
    return
  fi
  if [[ -f $file ]]; then load_env_file "$file"; fi
  keep_secret "$file" JWT_SECRET 32 "signs access tokens"
  keep_secret "$file" MAB_INTERNAL_SECRET 32 "by which our services know each other"
  keep_secret "$file" MAB_USER_HASH_KEY 16 "turns visitors' ids into hashes; with another key nobody would be recognised"
  keep_secret "$file" MAB_SETUP_TOKEN 24 "creates the first administrator; works once"
  export JWT_SECRET MAB_INTERNAL_SECRET MAB_USER_HASH_KEY MAB_SETUP_TOKEN
}

# keep_secret FILE NAME BYTES WHAT: makes the secret where there is none yet.
keep_secret() {
  local file=$1 name=$2 bytes=$3 what=$4
  if [[ -n ${!name-} ]]; then return; fi
  (
    umask 077
    touch "$file"
    printf '# %s\n%s=%s\n' "$what" "$name" "$(random_hex "$bytes")" >>"$file"
  )
  load_env_file "$file"
}

require_production_secrets() {
  local missing=() name
  for name in JWT_SECRET MAB_INTERNAL_SECRET MAB_USER_HASH_KEY; do
    if [[ -z ${!name-} ]]; then missing+=("$name"); fi
  done
  if ((${#missing[@]} > 0)); then
    fail "ENV is production, and these are not set: ${missing[*]}. .env.example says what each is."
  fi
}
