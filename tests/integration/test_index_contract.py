"""Both engines under the one contract: SQLite always, Elasticsearch where a real server is given."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from index.base import MentionIndex
from index.elastic import ElasticIndex
from index.embedded import EmbeddedIndex
from tests.conftest import external_url
from tests.integration.index_contract import IndexContract
from tests.integration.index_material import tokenise


class TestEmbedded(IndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[MentionIndex]:
        engine = EmbeddedIndex(tmp_path / "index.sqlite3", tokenise=tokenise)
        yield engine
        engine.close()


@pytest.mark.external
class TestElastic(IndexContract):
    @pytest.fixture
    def index(self) -> Iterator[MentionIndex]:
        """An alias of its own for each test: a deleted mention's revision is remembered for a moment."""
        url, prefix = external_url("TINGFENG_TEST_ELASTICSEARCH_URL"), f"test-{uuid4().hex}"
        engine = ElasticIndex(url, tokenise=tokenise, prefix=prefix)
        yield engine
        engine.close()
        with Elasticsearch(url) as client:
            for found in client.indices.get_mapping(index=prefix, ignore_unavailable=True):
                client.indices.delete(index=found)
            client.options(ignore_status=404).indices.delete_index_template(name=prefix)
