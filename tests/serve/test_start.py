from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest
from alphagenome.models.v1 import dna_client

from refalt.errors import UserError
from refalt.serve.start import local_services, serve_forever


class _SeenError(Exception):
    """Ends a server that would go on."""


def test_serve_forever__serves_the_official_client_from_a_fasta_file_until_it_is_ended(tmp_path: Path) -> None:
    fasta = tmp_path / "toy.fa"
    fasta.write_text(">chr1\n" + "ACGTTGCA" * 3_000 + "\n", encoding="ascii")

    def ask(address: str) -> None:
        with grpc.insecure_channel(address) as channel:
            client = dna_client.DnaClient(channel=channel, metadata=[("x-goog-api-key", "k")])
            assert client.output_metadata().dnase is not None
        raise _SeenError(address)

    with pytest.raises(_SeenError, match=r"127\.0\.0\.1:\d+"):
        serve_forever("motif", fasta, api_key="k", announce=ask)


def test_serve_forever__names_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        serve_forever("motif", tmp_path / "none.fa")


def test_local_services__an_unknown_model_shows_the_nearest(genome: Any) -> None:
    with pytest.raises(UserError, match="Did you mean 'motif'"):
        local_services(genome, "motiv")
