"""The tables of the job store, as SQLAlchemy sees them. `migrations/` builds the same in a real database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

REVISIONS = ("0001", "0002", "0003")
"""Every migration, oldest first. Kept here so that a start on an up-to-date database need not import Alembic."""

metadata = MetaData()

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, comment="Order of submission"),
    Column("id", String(36), nullable=False, unique=True),
    Column("home", String(36), nullable=False, comment="The data folder that holds its files"),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("rank", Double, nullable=False, comment="Order of the queue; smaller first"),
    Column("options", Text, nullable=False, comment="JSON, frozen at submit"),
    Column("source", Text, nullable=False),
    Column("owns_source", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("attempt", Integer, nullable=False),
    Column("crashes", Integer, nullable=False, comment="Blamed on the job, since its last new checkpoint"),
    Column("interruptions", Integer, nullable=False, comment="Blamed on the server, likewise"),
    Column("token", BigInteger, nullable=False, comment="Fencing token; grows with every claim"),
    Column("worker", Text, comment="Who holds the lease"),
    Column("lease_until", Double),
    Column("cancel_requested", Boolean, nullable=False),
    Column("stage", Text),
    Column("progress", Double, nullable=False),
    Column("eta_s", Double),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("error_hint", Text),
    Column("transcript_id", Text),
    Column("duration_s", Double),
    Column("exports", Text, comment="JSON list of presets to export with once done; NULL: those of the settings"),
    Column("origin", String(16), nullable=False, server_default="", comment="The door it came in by"),
    Column("client", String(64), nullable=False, server_default="", comment="Digest of who sent it"),
    Column("kind", String(16), nullable=False, server_default="batch", comment="batch or interactive"),
    Index("jobs_queue", "state", "home", "rank", "number"),
)

transcripts = Table(
    "transcripts",
    metadata,
    Column("job_id", String(36), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("body", Text, nullable=False, comment="JSON, audapolis.transcript/1"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("job_id", String(36), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)

stage_runs = Table(
    "stage_runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("job_id", String(36), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("key", Text, nullable=False, comment="A stage, or transcribe/<chunk>"),
    Column("what", String(8), nullable=False, comment="started, resumed or saved"),
    Column("at", Double, nullable=False),
)
