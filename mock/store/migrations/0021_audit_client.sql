-- +goose Up
-- Requests are looked for by the id that their clients gave them.
CREATE INDEX audit_client ON audit (client_id);
