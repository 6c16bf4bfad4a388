-- +goose Up
-- What mailboxes and public folders hold, where somebody has set it.
CREATE TABLE mailbox_usage (
    object_id BIGINT NOT NULL PRIMARY KEY REFERENCES object (id) ON DELETE CASCADE,
    kilobytes BIGINT NOT NULL
);
CREATE TABLE folder_usage (
    folder_id BIGINT NOT NULL PRIMARY KEY REFERENCES public_folder (id) ON DELETE CASCADE,
    kilobytes BIGINT NOT NULL
);
