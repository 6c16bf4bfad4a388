-- +goose Up
INSERT INTO counter (name, value) VALUES ('term', 0), ('feature type', 0), ('plan', 0), ('customer', 0), ('asset', 0), ('event', 0);

-- The closed vocabularies of the plan database, one kind each: plan types,
-- categories, status, event, asset and customer types.
CREATE TABLE term (
    id          BIGINT NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    folded      TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    code        TEXT   NOT NULL,
    description TEXT   NOT NULL
);
CREATE UNIQUE INDEX term_name ON term (kind, folded);

CREATE TABLE feature_type (
    id               BIGINT NOT NULL PRIMARY KEY,
    folded           TEXT   NOT NULL,
    name             TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    native_attribute TEXT   NOT NULL,
    parent_node      TEXT   NOT NULL,
    data_type        TEXT   NOT NULL,
    unit             TEXT   NOT NULL
);
CREATE UNIQUE INDEX feature_type_name ON feature_type (folded);

CREATE TABLE plan (
    id          BIGINT NOT NULL PRIMARY KEY,
    folded      TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    type_id     BIGINT NOT NULL REFERENCES term (id),
    status_id   BIGINT NOT NULL REFERENCES term (id),
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL
);
CREATE UNIQUE INDEX plan_name ON plan (folded);
CREATE INDEX plan_type ON plan (type_id);
CREATE INDEX plan_status ON plan (status_id);

CREATE TABLE plan_category (
    plan_id     BIGINT NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
    position    BIGINT NOT NULL,
    category_id BIGINT NOT NULL REFERENCES term (id),
    PRIMARY KEY (plan_id, category_id)
);
CREATE INDEX plan_category_category ON plan_category (category_id, plan_id);

CREATE TABLE plan_feature (
    plan_id    BIGINT NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
    position   BIGINT NOT NULL,
    feature_id BIGINT NOT NULL REFERENCES feature_type (id),
    value      TEXT   NOT NULL,
    PRIMARY KEY (plan_id, feature_id)
);
CREATE INDEX plan_feature_feature ON plan_feature (feature_id);

-- Customers are known by objectGUID and outlive the object: a deleted one
-- keeps its row with the status Deleted.
CREATE TABLE customer (
    id              BIGINT NOT NULL PRIMARY KEY,
    guid            TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    type_id         BIGINT NOT NULL REFERENCES term (id),
    status_id       BIGINT NOT NULL REFERENCES term (id),
    organization_id BIGINT REFERENCES customer (id),
    created         BIGINT NOT NULL,
    updated         BIGINT NOT NULL
);
CREATE UNIQUE INDEX customer_guid ON customer (guid);
CREATE INDEX customer_type ON customer (type_id);
CREATE INDEX customer_organization ON customer (organization_id, id);

CREATE TABLE available_plan (
    customer_id BIGINT NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    plan_id     BIGINT NOT NULL REFERENCES plan (id),
    status_id   BIGINT NOT NULL REFERENCES term (id),
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    PRIMARY KEY (customer_id, plan_id)
);
CREATE INDEX available_plan_plan ON available_plan (plan_id);

-- The plan a customer has now; organization_id repeats the customer's.
CREATE TABLE assigned_plan (
    customer_id     BIGINT NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    type_id         BIGINT NOT NULL REFERENCES term (id),
    plan_id         BIGINT NOT NULL REFERENCES plan (id),
    organization_id BIGINT REFERENCES customer (id),
    since           BIGINT NOT NULL,
    PRIMARY KEY (customer_id, type_id)
);
CREATE INDEX assigned_plan_plan ON assigned_plan (plan_id, organization_id);
CREATE INDEX assigned_plan_organization ON assigned_plan (organization_id, plan_id);

CREATE TABLE asset (
    id          BIGINT NOT NULL PRIMARY KEY,
    customer_id BIGINT NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    type_id     BIGINT NOT NULL REFERENCES term (id),
    folded      TEXT   NOT NULL,
    value       TEXT   NOT NULL,
    status_id   BIGINT NOT NULL REFERENCES term (id),
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL
);
CREATE UNIQUE INDEX asset_value ON asset (customer_id, folded);

-- organization_id is the customer itself where that is an organization.
CREATE TABLE event (
    id              BIGINT NOT NULL PRIMARY KEY,
    customer_id     BIGINT NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    organization_id BIGINT NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    type_id         BIGINT NOT NULL REFERENCES term (id),
    at              BIGINT NOT NULL
);
CREATE INDEX event_at ON event (at, type_id, organization_id);
CREATE INDEX event_customer ON event (customer_id, at);
CREATE INDEX event_organization ON event (organization_id, at);
