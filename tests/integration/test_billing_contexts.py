"""How strictly the certificate of a billing service is verified."""

from pathlib import Path
import ssl

from homeassistant.util.ssl import create_client_context
import pytest

from custom_components.meters_and_chargers import billing_certificates, certificates
from custom_components.meters_and_chargers.certificates import Kind


@pytest.mark.parametrize(("trust", "strict"), [("public", True), ("own", False)])
def test_only_private_authorities_are_taken_less_strictly(
    tmp_path: Path, trust: str, *, strict: bool
) -> None:
    """Those of the public are held to all that Home Assistant holds them to."""
    pair = certificates.make(Kind.ECDSA)
    files = billing_certificates.keep(tmp_path, None, pair.certificate, pair)
    data = {"trust": trust, "certified": True, "files": files}
    found = billing_certificates.context(tmp_path, data)
    assert found is not None
    assert found.verify_mode is ssl.CERT_REQUIRED
    assert found.check_hostname
    usual = create_client_context().verify_flags & ssl.VERIFY_X509_STRICT
    assert found.verify_flags & ssl.VERIFY_X509_STRICT == (usual if strict else 0)
    assert found.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_without_a_choice_it_is_as_for_everybody(tmp_path: Path) -> None:
    """The context that Home Assistant has already, and no file."""
    data = {"trust": "public", "certified": False}
    assert billing_certificates.context(tmp_path, data) is None
    assert billing_certificates.ends(tmp_path, data) is None
    assert not billing_certificates.missing(tmp_path, data)
