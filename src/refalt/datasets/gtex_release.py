"""GTEx v8 as the portal publishes it: its tissues, its archives, and the three tables of fine-mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from refalt.errors import UserError, nearest_name
from refalt.sources.archives import member_names
from refalt.sources.public_file import PublicFile

PORTAL: Final = "https://gtexportal.org/home/downloads/adult-gtex/qtl"
_BUCKET: Final = "https://storage.googleapis.com/adult-gtex/bulk-qtl/v8"
#: Where the columns of all its tables are described.
LAYOUT: Final = (
    "README_eQTL_v8.txt beside the archive of all tissues; README.md in DAP-G's archive, README.txt in CAVIAR's and "
    "CaVEMaN's"
)
#: What follows the tissue in the name of its file.
PAIRS: Final = ".v8.signif_variant_gene_pairs.txt.gz"
#: Significant pairs and eGenes of all tissues.
ARCHIVE: Final = PublicFile(f"{_BUCKET}/single-tissue-cis-qtl/GTEx_Analysis_v8_eQTL.tar", page=PORTAL)

#: The 49 tissues with at least 70 genotyped donors, as the names of the files spell them.
TISSUES: Final = (
    "Adipose_Subcutaneous", "Adipose_Visceral_Omentum", "Adrenal_Gland", "Artery_Aorta", "Artery_Coronary",
    "Artery_Tibial", "Brain_Amygdala", "Brain_Anterior_cingulate_cortex_BA24", "Brain_Caudate_basal_ganglia",
    "Brain_Cerebellar_Hemisphere", "Brain_Cerebellum", "Brain_Cortex", "Brain_Frontal_Cortex_BA9",
    "Brain_Hippocampus", "Brain_Hypothalamus", "Brain_Nucleus_accumbens_basal_ganglia",
    "Brain_Putamen_basal_ganglia", "Brain_Spinal_cord_cervical_c-1", "Brain_Substantia_nigra",
    "Breast_Mammary_Tissue", "Cells_Cultured_fibroblasts", "Cells_EBV-transformed_lymphocytes", "Colon_Sigmoid",
    "Colon_Transverse", "Esophagus_Gastroesophageal_Junction", "Esophagus_Mucosa", "Esophagus_Muscularis",
    "Heart_Atrial_Appendage", "Heart_Left_Ventricle", "Kidney_Cortex", "Liver", "Lung", "Minor_Salivary_Gland",
    "Muscle_Skeletal", "Nerve_Tibial", "Ovary", "Pancreas", "Pituitary", "Prostate",
    "Skin_Not_Sun_Exposed_Suprapubic", "Skin_Sun_Exposed_Lower_leg", "Small_Intestine_Terminal_Ileum", "Spleen",
    "Stomach", "Testis", "Thyroid", "Uterus", "Vagina", "Whole_Blood",
)  # fmt: skip


@dataclass(frozen=True)
class FineMapped:
    """A published table of inclusion probabilities.

    Attributes:
        archive: That it is published in.
        member: Its name in the archive.
        columns: Field of `[dataset] fine_mapping` -> its column.
        spelled: Tissues that it names otherwise.
    """

    archive: PublicFile
    member: str
    columns: Mapping[str, str]
    spelled: Mapping[str, str]


def _archive(name: str) -> PublicFile:
    return PublicFile(f"{_BUCKET}/fine-mapping-cis-eqtl/{name}", page=PORTAL, most_bytes=100 << 30)


_POSTERIOR: Final = {"variant": "eQTL", "target": "GENE", "pip": "Probability", "context_column": "TISSUE"}
_DAP_G: Final = {"variant": "variant_id", "target": "gene_id", "pip": "variant_pip", "context_column": "tissue_id"}
#: DAP-G's two VCFs (`.vcf.gz` and `.CS95.txt.gz`) have neither header nor one row a pair; its table has both. Of
#: CAVIAR's tables only the one "with_Allele" names variants as the associations do.
FINE_MAPPED: Final = {
    "dap-g": FineMapped(
        _archive("GTEx_v8_finemapping_DAPG.tar"),
        "GTEx_v8_finemapping_DAPG.txt.gz",
        _DAP_G,
        {"Skin_Not_Sun_Exposed_Suprapubic": "Skin_Not_Sun_Exposed", "Skin_Sun_Exposed_Lower_leg": "Skin_Sun_Exposed"},
    ),
    "caveman": FineMapped(
        _archive("GTEx_v8_finemapping_CaVEMaN.tar"),
        "GTEx_v8_finemapping_CaVEMaN.txt.gz",
        _POSTERIOR,
        {},
    ),
    "caviar": FineMapped(
        _archive("GTEx_v8_finemapping_CAVIAR.tar"),
        "CAVIAR_Results_v8_GTEx_LD_ALL_NOCUTOFF_with_Allele.txt.gz",
        _POSTERIOR,
        {},
    ),
}


def tissue_named(name: str) -> str:
    """The tissue itself.

    Raises:
        ValueError: there is none of that name; says the nearest.
    """
    if name in TISSUES:
        return name
    near = nearest_name(name.replace(" ", "_"), TISSUES)
    hint = f"; did you mean {near!r}?" if near else ""
    raise ValueError(f"one of the 49 tissues of GTEx v8 ({', '.join(TISSUES)}){hint}")


def require_tissue(archive: Path, tissue: str) -> None:
    """Refuse an archive without the significant pairs of a tissue.

    Raises:
        UserError: it has none; lists the tissues that it has.
    """
    names = [name.rpartition("/")[2] for name in member_names(archive)]
    present = sorted(name.removesuffix(PAIRS) for name in names if name.endswith(PAIRS))
    if tissue not in present:
        raise UserError(
            f"the archive has no significant pairs of {tissue}",
            where=str(archive),
            expected=f"a member {tissue}{PAIRS}",
            got=f"{len(present)} tissues: {', '.join(present)}" if present else "none of any tissue",
            remedy=f"take {ARCHIVE.file_name} from {PORTAL}",
        )
