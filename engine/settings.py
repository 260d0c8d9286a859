"""Settings: one frozen object, made once from the environment and `.env`; unknown or wrong values are named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from engine.errors import UsageError
from engine.intake.limits import FileLimits
from engine.products import Limits
from runtime.addresses import public_addresses

ROOT = Path(__file__).resolve().parents[1]

# Environment name: field. `.env.example` documents each, and a test holds the two together.
NAMES = {
    "DATABASE_URL": "database_url",
    "LLM_BASE_URL": "llm_base_url",
    "LLM_MODEL": "llm_model",
    "LLM_API_KEY": "llm_api_key",
    "LLM_WINDOW": "llm_window",
    "LLM_PRICE": "llm_price",
    "AS_OF": "as_of",
    "LLM_ROUTE": "llm_route",
    "LLM_TRIAL": "llm_trial",
    "LLM_APPROVE_PLAN": "llm_approve_plan",
    "EXECUTOR": "executor",
    "ISOLATION": "isolation",
    "SANDBOX_RUNTIME": "sandbox_runtime",
    "ALLOW_UNISOLATED": "allow_unisolated",
    "STORE_URL": "store_url",
    "QUEUE_URL": "queue_url",
    "HOST": "host",
    "PORT": "port",
    "PUBLIC_ADDRESS": "public_address",
    "OUTPUT_DIR": "output_dir",
    "LOG_DIR": "log_dir",
    "LOG_LEVEL": "log_level",
    "LOG_FORMAT": "log_format",
    "COMPANY_NAME": "company_name",
    "COMPANY_LOGO": "company_logo",
    "COLOR_PRIMARY": "color_primary",
    "COLOR_ACCENT": "color_accent",
    "VAR_DIR": "var_dir",
    "SMTP_URL": "smtp_url",
    "SMTP_FROM": "smtp_from",
    "DELIVERY_DIR": "delivery_dir",
    "APPROVED_HOSTS": "approved_hosts",
    "APPROVED_PRIVATE_HOSTS": "approved_private_hosts",
    "ALLOW_WRITING_ROLE": "allow_writing_role",
    "ALLOWED_FUNCTIONS": "allowed_functions",
    "LIMIT_MEMORY_MB": "limit_memory_mb",
    "LIMIT_CPUS": "limit_cpus",
    "LIMIT_SECONDS": "limit_seconds",
    "LIMIT_PROCESSES": "limit_processes",
    "LIMIT_RESULT_MB": "limit_result_mb",
    "LIMIT_FILE_ROWS": "limit_file_rows",
    "LIMIT_FILE_COLUMNS": "limit_file_columns",
    "LIMIT_FILE_SECONDS": "limit_file_seconds",
    "LIMIT_FILE_MEMORY_MB": "limit_file_memory_mb",
    "LIMIT_FILE_UNPACKED_MB": "limit_file_unpacked_mb",
    "LIMIT_REPORT_MB": "limit_report_mb",
    "LIMIT_REPORT_SECONDS": "limit_report_seconds",
}
CONSENT = "I accept that scripts run without full isolation"
WRITING_CONSENT = "I accept that the database role may write"
SECRET = "SECRET_"


class Settings(BaseModel):
    """Everything that can be set from outside."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(default="", repr=False)
    llm_base_url: str = ""
    llm_model: str = ""
    llm_api_key: str = Field(default="", repr=False)
    llm_window: int = Field(default=0, ge=0)
    llm_price: str = Field(default="", pattern=r"^(\d+(\.\d+)?/\d+(\.\d+)?)?$")
    as_of: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    llm_route: str = Field(default="auto", pattern="^(auto|select|interview)$")
    llm_trial: str = Field(default="yes", pattern="^(yes|no)$")
    llm_approve_plan: str = Field(default="no", pattern="^(yes|no)$")
    executor: str = Field(default="", pattern="^(docker|local|)$")
    isolation: str = Field(default="owner", pattern="^(owner|run)$")
    sandbox_runtime: str = Field(default="", pattern=r"^[\w.-]{0,64}$")
    allow_unisolated: str = ""
    store_url: str = Field(default="", repr=False)
    queue_url: str = Field(default="", repr=False)
    host: str = "localhost"
    port: int = Field(default=8501, ge=1, le=65535)
    public_address: str = ""
    output_dir: Path = ROOT / "generated_scripts"
    log_dir: Path = ROOT / "logs"
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    log_format: str = Field(default="text", pattern="^(text|json)$")
    # Checked where they are used (engine.results.branding): a wrong one stops no run, reports are made without it.
    company_name: str = ""
    company_logo: str = ""
    color_primary: str = ""
    color_accent: str = ""
    var_dir: Path = ROOT / "var"
    smtp_url: str = Field(default="", repr=False)
    smtp_from: str = ""
    delivery_dir: str = ""
    approved_hosts: str = ""
    approved_private_hosts: str = ""
    allow_writing_role: str = ""
    allowed_functions: str = Field(default="", pattern=r"^[\w.$,\s()]*$")
    secrets: Mapping[str, str] = Field(default_factory=dict, repr=False, description="SECRET_NAME of the environment")
    limit_memory_mb: int = Field(default=512, ge=128)
    limit_cpus: float = Field(default=1.0, gt=0)
    limit_seconds: float = Field(default=60.0, gt=0)
    limit_processes: int = Field(default=256, ge=16)
    limit_result_mb: int = Field(default=64, ge=1)
    limit_file_rows: int = Field(default=1_000_000, ge=1)
    # A table of SQLite, where files are kept, has at most 2,000.
    limit_file_columns: int = Field(default=1_999, ge=1, le=1_999)
    limit_file_seconds: float = Field(default=30.0, gt=0)
    limit_file_memory_mb: int = Field(default=1_024, ge=256)
    limit_file_unpacked_mb: int = Field(default=1_024, ge=1)
    limit_report_mb: int = Field(default=1024, ge=128)
    limit_report_seconds: float = Field(default=60.0, gt=0)

    @field_validator("public_address")
    @classmethod
    def _addresses(cls, text: str) -> str:
        public_addresses(text)
        return text

    @property
    def var(self) -> Path:
        """The folder of what the workbench keeps: store, sample database, caches."""
        return self.var_dir

    @property
    def database(self) -> str:
        """The database that is asked: the one set, else the sample database."""
        return self.database_url or f"sqlite:///{ROOT / 'var' / 'sample.sqlite'}"

    @property
    def uses_sample(self) -> bool:
        """Whether no database is set, so that the sample is asked."""
        return not self.database_url

    @property
    def store(self) -> str:
        """The run store's URL."""
        return self.store_url or f"sqlite:///{self.var_dir / 'store.sqlite'}"

    @property
    def price(self) -> tuple[float, float] | None:
        """USD a million tokens, read and written; None when LLM_PRICE does not say."""
        read, _, written = self.llm_price.partition("/")
        return (float(read), float(written)) if written else None

    @property
    def limits(self) -> Limits:
        """What one run may use."""
        return Limits(
            memory_mb=self.limit_memory_mb,
            cpus=self.limit_cpus,
            wall_seconds=self.limit_seconds,
            processes=self.limit_processes,
            result_mb=self.limit_result_mb,
        )

    @property
    def today(self) -> date:
        """The day that counts as today: the one that AS_OF pins, else the calendar's.

        Raises:
            UsageError: AS_OF is no day of the calendar.
        """
        try:
            return date.fromisoformat(self.as_of) if self.as_of else date.today()
        except ValueError:
            raise UsageError(f"AS_OF is {self.as_of}, which is no day.", "Give a day such as 2026-10-31.") from None

    @property
    def file_limits(self) -> FileLimits:
        """What reading one file may cost."""
        return FileLimits(
            rows=self.limit_file_rows,
            columns=self.limit_file_columns,
            seconds=self.limit_file_seconds,
            memory_mb=self.limit_file_memory_mb,
            unpacked_mb=self.limit_file_unpacked_mb,
        )

    @property
    def accepts_unisolated(self) -> bool:
        """Whether a person consented in writing to run edited scripts where isolation is incomplete."""
        return self.allow_unisolated.strip() == CONSENT

    @property
    def accepts_writing_role(self) -> bool:
        """Whether a person consented in writing to read with a database role that may do more than read."""
        return self.allow_writing_role.strip() == WRITING_CONSENT

    @property
    def deliveries(self) -> Path:
        """Where the folders lie that services deliver into."""
        return Path(self.delivery_dir) if self.delivery_dir else self.var / "deliveries"

    @property
    def metrics_folder(self) -> Path:
        """Where a person's own metrics are kept."""
        return self.var / "metrics"

    @property
    def mapping_folders(self) -> tuple[Path, ...]:
        """Where mappings are looked for, the person's own first."""
        return (self.var / "mappings", ROOT / "sample")


def read_settings(environment: Mapping[str, str], env_file: Path | None = None) -> Settings:
    """The settings of an environment; what it lacks is taken from a `.env` file.

    Raises:
        UsageError: a value is not of its kind; the name is given.
    """
    from dotenv import dotenv_values

    kept = dotenv_values(env_file) if env_file and env_file.exists() else {}
    merged = {**{key: value or "" for key, value in kept.items()}, **environment}
    values: dict[str, Any] = {field: merged[name] for name, field in NAMES.items() if merged.get(name, "") != ""}
    values["secrets"] = {
        name.removeprefix(SECRET): value for name, value in merged.items() if name.startswith(SECRET) and value
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        fields = {field: name for name, field in NAMES.items()}
        name = fields.get(str(first["loc"][0]), str(first["loc"][0]))
        raise UsageError(f"The setting {name} cannot be used: {first['msg']}.", f"Correct {name}.") from None
