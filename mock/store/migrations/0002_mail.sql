-- +goose Up
CREATE TABLE smtp_domain (
    folded    TEXT   NOT NULL PRIMARY KEY,
    name      TEXT   NOT NULL,
    org_id    BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    kind      TEXT   NOT NULL,
    created   BIGINT NOT NULL
);
CREATE INDEX smtp_domain_org ON smtp_domain (org_id, folded);
CREATE UNIQUE INDEX smtp_domain_primary ON smtp_domain (org_id) WHERE kind = 'PrimaryDomain';

-- The public folder tree. path is absolute: /top/below.
CREATE TABLE public_folder (
    id             BIGINT NOT NULL PRIMARY KEY,
    folded         TEXT   NOT NULL,
    path           TEXT   NOT NULL,
    parent_id      BIGINT REFERENCES public_folder (id) ON DELETE CASCADE,
    org_id         BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    store_id       BIGINT REFERENCES object (id) ON DELETE SET NULL,
    max_item_kb    BIGINT NOT NULL,
    post_limit_kb  BIGINT NOT NULL,
    created        BIGINT NOT NULL
);
CREATE UNIQUE INDEX public_folder_path ON public_folder (folded);
CREATE INDEX public_folder_parent ON public_folder (parent_id, folded);
CREATE INDEX public_folder_org ON public_folder (org_id, folded);
CREATE INDEX public_folder_store ON public_folder (store_id);
INSERT INTO counter (name, value) VALUES ('folder', 0);

CREATE TABLE folder_permission (
    folder_id  BIGINT NOT NULL REFERENCES public_folder (id) ON DELETE CASCADE,
    trustee_id BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    role       TEXT   NOT NULL,
    PRIMARY KEY (folder_id, trustee_id)
);
CREATE INDEX folder_permission_trustee ON folder_permission (trustee_id);
