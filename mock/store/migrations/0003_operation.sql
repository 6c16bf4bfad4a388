-- +goose Up
CREATE TABLE transaction_log (
    id            TEXT   NOT NULL PRIMARY KEY,
    client_id     TEXT   NOT NULL,
    caller        TEXT   NOT NULL,
    namespace     TEXT   NOT NULL,
    procedure     TEXT   NOT NULL,
    queue_id      TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    code          BIGINT NOT NULL,
    started       BIGINT NOT NULL,
    ended         BIGINT NOT NULL,
    request       TEXT   NOT NULL
);
CREATE INDEX transaction_log_state ON transaction_log (state, started);

CREATE TABLE transaction_step (
    transaction_id TEXT   NOT NULL REFERENCES transaction_log (id) ON DELETE CASCADE,
    seq            BIGINT NOT NULL,
    namespace      TEXT   NOT NULL,
    procedure      TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    rollback_data  TEXT   NOT NULL,
    PRIMARY KEY (transaction_id, seq)
);

CREATE TABLE audit (
    id             BIGINT NOT NULL PRIMARY KEY,
    transaction_id TEXT   NOT NULL,
    client_id      TEXT   NOT NULL,
    caller         TEXT   NOT NULL,
    organization   TEXT   NOT NULL,
    org_key        TEXT   NOT NULL,
    namespace      TEXT   NOT NULL,
    procedure      TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    duration_us    BIGINT NOT NULL,
    code           BIGINT NOT NULL,
    description    TEXT   NOT NULL,
    request        TEXT   NOT NULL,
    steps          TEXT   NOT NULL
);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_org ON audit (org_key, at);
CREATE INDEX audit_procedure ON audit (namespace, procedure, at);
CREATE INDEX audit_code ON audit (code, at);
CREATE INDEX audit_transaction ON audit (transaction_id);

CREATE TABLE job (
    id             TEXT   NOT NULL PRIMARY KEY,
    seq            BIGINT NOT NULL,
    status         BIGINT NOT NULL,
    namespace      TEXT   NOT NULL,
    procedure      TEXT   NOT NULL,
    trusted        BIGINT NOT NULL,
    caller         TEXT   NOT NULL,
    request        TEXT   NOT NULL,
    priority       BIGINT NOT NULL,
    retry_count    BIGINT NOT NULL,
    retry_interval BIGINT NOT NULL,
    retry_stop     BIGINT NOT NULL,
    on_failure     TEXT   NOT NULL,
    retain         BIGINT NOT NULL,
    attempts       BIGINT NOT NULL,
    next_run       BIGINT NOT NULL,
    submitted      BIGINT NOT NULL,
    started        BIGINT NOT NULL,
    finished       BIGINT NOT NULL,
    transaction_id TEXT   NOT NULL,
    code           BIGINT NOT NULL,
    response       TEXT   NOT NULL
);
CREATE UNIQUE INDEX job_seq ON job (seq);
CREATE INDEX job_ready ON job (status, priority, seq);
CREATE INDEX job_due ON job (status, next_run);

CREATE TABLE job_parent (
    job_id    TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    parent_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    PRIMARY KEY (job_id, parent_id)
);
CREATE INDEX job_parent_parent ON job_parent (parent_id, job_id);
