-- +goose Up
INSERT INTO counter (name, value) VALUES ('resource', 0), ('allocation', 0), ('consumer', 0);

-- What can be handed out. capacity and allocated are megabytes for stores and
-- address books for OAB servers. allocated is kept by the triggers below.
CREATE TABLE resource (
    id            BIGINT NOT NULL PRIMARY KEY,
    guid          TEXT   NOT NULL,
    kind          TEXT   NOT NULL CHECK (kind IN ('mail', 'public', 'consumer', 'oab', 'frontend')),
    server        TEXT   NOT NULL,
    server_key    TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    name_key      TEXT   NOT NULL,
    capacity      BIGINT NOT NULL CHECK (capacity >= 0),
    allocated     BIGINT NOT NULL DEFAULT 0 CHECK (allocated >= 0 AND allocated <= capacity),
    shared        BIGINT NOT NULL CHECK (shared IN (0, 1)),
    provisionable BIGINT NOT NULL CHECK (provisionable IN (0, 1))
);
CREATE UNIQUE INDEX resource_name ON resource (kind, server_key, name_key);
CREATE UNIQUE INDEX resource_mail ON resource (name_key) WHERE kind IN ('mail', 'consumer');
CREATE UNIQUE INDEX resource_public ON resource (name_key) WHERE kind = 'public';
CREATE UNIQUE INDEX resource_guid ON resource (guid, kind);
CREATE INDEX resource_server ON resource (server_key);

-- An organization's share of a resource. organization is an objectGUID and
-- stays when the object goes. used_kb and consumers are kept by the triggers.
CREATE TABLE allocation (
    id           BIGINT NOT NULL PRIMARY KEY,
    resource_id  BIGINT NOT NULL REFERENCES resource (id),
    organization TEXT   NOT NULL,
    amount       BIGINT NOT NULL CHECK (amount >= 0),
    used_kb      BIGINT NOT NULL DEFAULT 0 CHECK (used_kb >= 0 AND used_kb <= amount * 1024),
    consumers    BIGINT NOT NULL DEFAULT 0 CHECK (consumers >= 0)
);
CREATE UNIQUE INDEX allocation_organization ON allocation (organization, resource_id);
CREATE INDEX allocation_resource ON allocation (resource_id, id);

-- A mailbox (by the user's objectGUID) or a public folder (by a GUID of its
-- own and its path), drawing on one allocation.
CREATE TABLE consumer (
    id            BIGINT NOT NULL PRIMARY KEY,
    allocation_id BIGINT NOT NULL REFERENCES allocation (id),
    kind          TEXT   NOT NULL CHECK (kind IN ('mailbox', 'folder')),
    guid          TEXT   NOT NULL,
    path          TEXT   NOT NULL,
    path_key      TEXT   NOT NULL,
    kilobytes     BIGINT NOT NULL CHECK (kilobytes >= 0)
);
CREATE UNIQUE INDEX consumer_guid ON consumer (guid);
CREATE INDEX consumer_allocation ON consumer (allocation_id, kind, id);
CREATE UNIQUE INDEX consumer_path ON consumer (allocation_id, path_key) WHERE kind = 'folder';

-- +goose StatementBegin
CREATE TRIGGER allocation_added AFTER INSERT ON allocation BEGIN
    UPDATE resource SET allocated = allocated + NEW.amount WHERE id = NEW.resource_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER allocation_changed AFTER UPDATE OF amount ON allocation WHEN NEW.amount <> OLD.amount BEGIN
    UPDATE resource SET allocated = allocated + NEW.amount - OLD.amount WHERE id = NEW.resource_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER allocation_removed AFTER DELETE ON allocation BEGIN
    UPDATE resource SET allocated = allocated - OLD.amount WHERE id = OLD.resource_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER allocation_bound BEFORE UPDATE OF resource_id, organization ON allocation BEGIN
    SELECT RAISE(ABORT, 'an allocation keeps its resource and organization');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consumer_added AFTER INSERT ON consumer BEGIN
    UPDATE allocation SET used_kb = used_kb + NEW.kilobytes, consumers = consumers + 1 WHERE id = NEW.allocation_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consumer_changed AFTER UPDATE OF kilobytes, allocation_id ON consumer BEGIN
    UPDATE allocation SET used_kb = used_kb - OLD.kilobytes, consumers = consumers - 1 WHERE id = OLD.allocation_id;
    UPDATE allocation SET used_kb = used_kb + NEW.kilobytes, consumers = consumers + 1 WHERE id = NEW.allocation_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consumer_removed AFTER DELETE ON consumer BEGIN
    UPDATE allocation SET used_kb = used_kb - OLD.kilobytes, consumers = consumers - 1 WHERE id = OLD.allocation_id;
END;
-- +goose StatementEnd
