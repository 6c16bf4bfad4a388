-- +goose Up
-- Names of things the whole database has once: the domain, its SID, the seed.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Numbers given out in order: update sequence, relative ids, row ids.
CREATE TABLE counter (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('usn', 0), ('rid', 1000), ('object', 0), ('link', 0), ('audit', 0), ('job', 0);

-- One row per directory object. dn_key is the folded name root first, so that
-- everything below a name is one range of the index.
CREATE TABLE object (
    id           BIGINT NOT NULL PRIMARY KEY,
    parent_id    BIGINT REFERENCES object (id),
    class        TEXT   NOT NULL,
    dn_key       TEXT   NOT NULL,
    dn           TEXT   NOT NULL,
    name_key     TEXT   NOT NULL,
    guid         TEXT   NOT NULL,
    sid          TEXT,
    sam_key      TEXT,
    upn_key      TEXT,
    when_created BIGINT NOT NULL,
    when_changed BIGINT NOT NULL,
    usn_created  BIGINT NOT NULL,
    usn_changed  BIGINT NOT NULL
);
CREATE UNIQUE INDEX object_dn ON object (dn_key);
CREATE INDEX object_name ON object (name_key);
CREATE UNIQUE INDEX object_guid ON object (guid);
CREATE UNIQUE INDEX object_sid ON object (sid);
CREATE UNIQUE INDEX object_sam ON object (sam_key);
CREATE UNIQUE INDEX object_upn ON object (upn_key);
CREATE INDEX object_parent ON object (parent_id, dn_key);
CREATE INDEX object_class ON object (class, dn_key);

-- Attribute values that are neither links nor addresses. folded is set only
-- for attributes that the schema marks as indexed.
CREATE TABLE attribute_value (
    object_id BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    attribute TEXT   NOT NULL,
    position  BIGINT NOT NULL,
    value     TEXT   NOT NULL,
    folded    TEXT,
    PRIMARY KEY (object_id, attribute, position)
);
CREATE INDEX attribute_value_folded ON attribute_value (attribute, folded, object_id) WHERE folded IS NOT NULL;

-- DN-valued attributes by object id; data is the binary part of DN-with-binary.
CREATE TABLE link (
    id        BIGINT NOT NULL PRIMARY KEY,
    object_id BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    attribute TEXT   NOT NULL,
    target_id BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    data      TEXT   NOT NULL
);
CREATE UNIQUE INDEX link_forward ON link (object_id, attribute, target_id, data);
CREATE INDEX link_back ON link (target_id, attribute, object_id);

-- Every proxy address of every object, unique in the directory.
CREATE TABLE proxy_address (
    folded    TEXT   NOT NULL PRIMARY KEY,
    object_id BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    position  BIGINT NOT NULL,
    address   TEXT   NOT NULL
);
CREATE INDEX proxy_address_object ON proxy_address (object_id, position);

CREATE TABLE password (
    object_id BIGINT NOT NULL PRIMARY KEY REFERENCES object (id) ON DELETE CASCADE,
    hash      TEXT   NOT NULL
);

CREATE TABLE password_history (
    object_id BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    seq       BIGINT NOT NULL,
    hash      TEXT   NOT NULL,
    PRIMARY KEY (object_id, seq)
);

-- Rights of trustees on objects, for what access lists matter to callers.
CREATE TABLE access_grant (
    object_id   BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    trustee_id  BIGINT NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    access      TEXT   NOT NULL,
    PRIMARY KEY (object_id, trustee_id, access)
);
CREATE INDEX access_grant_trustee ON access_grant (trustee_id);
