"""Credentials of known services, by the patterns of detect-secrets (Apache-2.0): those that look at one text alone.

Its detectors by keyword and by entropy stay out: the rule `secrets` reads names and randomness from the syntax tree.
"""

from __future__ import annotations

import importlib
import logging
import re
from functools import lru_cache
from typing import Any

from .base import words

DETECTORS = words(
    "artifactory.ArtifactoryDetector aws.AWSKeyDetector azure_storage_key.AzureStorageKeyDetector "
    "cloudant.CloudantDetector discord.DiscordBotTokenDetector "
    "github_token.GitHubTokenDetector gitlab_token.GitLabTokenDetector ibm_cloud_iam.IbmCloudIamDetector "
    "ibm_cos_hmac.IbmCosHmacDetector jwt.JwtTokenDetector mailchimp.MailchimpDetector npm.NpmDetector "
    "openai.OpenAIDetector private_key.PrivateKeyDetector pypi_token.PypiTokenDetector sendgrid.SendGridDetector "
    "slack.SlackDetector softlayer.SoftlayerDetector square_oauth.SquareOAuthDetector stripe.StripeDetector "
    "telegram_token.TelegramBotTokenDetector twilio.TwilioKeyDetector"
)
LONGEST = 4_000
PLAIN = re.compile(r"(?=.{,16}$|.*\s)[A-Za-z,.!?'()\s]*")


@lru_cache(maxsize=1)
def _detectors() -> tuple[Any, ...]:
    """The library's detectors, loaded on first use."""
    logging.getLogger("detect_secrets").setLevel(logging.CRITICAL)  # it would log what it finds
    found = []
    for path in sorted(DETECTORS):
        module, name = path.split(".")
        found.append(getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)())
    return tuple(found)


@lru_cache(maxsize=4_096)
def known_kind(text: str, name: str = "") -> str:
    """Which service's credential a text is, '' when none's; some are told only beside the name they go under."""
    if not 8 <= len(text) <= LONGEST or "\n" in text.strip() or PLAIN.fullmatch(text):
        return ""
    line = f'{name} = "{text}"' if name else text
    for detector in _detectors():
        if any(True for _ in detector.analyze_string(line)):
            return str(detector.secret_type)
    return ""
