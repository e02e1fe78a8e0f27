"""Which names promise a secret, and which only talk about one."""

from __future__ import annotations

import pytest

from keyhole.scanners.secrets.plain.names import Kind, kind


@pytest.mark.parametrize(
    "name",
    [
        "password", "DB_PASSWORD", "dbPassword", "PGPASSWORD_PROD", "admin.pwd", "user-passphrase", "dbpass",
        "PASS_WORD", "LDAP_BIND_PW", "DEFAULT_PASS",
    ],
)  # fmt: skip
def test_passwords(name):
    assert kind(name) is Kind.PASSWORD


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "apiKey",
        "API-KEY",
        "clientSecret",
        "auth.token",
        "SECRET_KEY_BASE",
        "--token",
        "aws_access_key",
        "hapikey",
        "public_api_token",
        "server_key",
        "VAULT_DEV_ROOT_TOKEN_ID",
    ],
)
def test_credentials(name):
    assert kind(name) is Kind.CREDENTIAL


@pytest.mark.parametrize("name", ["key", "audd_key", "bingKey", "azurekey"])
def test_some_key(name):
    assert kind(name) is Kind.KEY


@pytest.mark.parametrize(
    "name",
    [
        "password_field", "passwordLabel", "token_url", "secret_name", "public_key", "cacheKey", "primary_key",
        "author", "tokenizer", "csrf_token", "nextToken", "password_hash", "keyboard", "api_key_id", "max_token",
        "instance_path", "resetPassword", "stylesheetToken", "", "--", "monkey",
        "PublicKeyToken", "public_key_token", "STRIPE_PUBLISHABLE_KEY", "publishableKey", "RECAPTCHA_SITE_KEY",
        "sitekey", "applicationServerKey", "token_id", "db_pass_count", "s3_key", "i18n_message_key",
        "sec-websocket-key",
    ],
)  # fmt: skip
def test_neither(name):
    assert kind(name) is None
