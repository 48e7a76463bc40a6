"""Every family starts as its own architecture, filled from a BERT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from transformers import BertForSequenceClassification

from inference.registry import CLASSIFIERS, EMOTION, of_task
from inference.training import families
from inference.training.batches import pad
from inference.training.families import (
    distilbert_from,
    electra_from,
    labels_of,
    longest_input,
    mobilebert_from,
    roberta_from,
)
from inference.training.vocabulary import train_bpe
from tests.inference.family_parts import MOBILE_WIDTH, N_POSITIONS, bert, pieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

TEXTS = ["i feel happy", "feeling sad i adore", "scared angry shocked"] * 3
IDS = torch.tensor([[2, 40, 60, 61, 62, 3]])


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "MOBILE_WIDTH", MOBILE_WIDTH)


@pytest.fixture(scope="module")
def source() -> PreTrainedModel:
    return bert()


@pytest.fixture(scope="module")
def bpe() -> Tokenizer:
    return train_bpe(TEXTS, 400)


def start(name: str, source: PreTrainedModel, bpe: Tokenizer) -> PreTrainedModel:
    if name == "roberta":
        return roberta_from(source, pieces(), bpe).eval()
    builders = {
        "electra": electra_from,
        "distilbert": distilbert_from,
        "mobilebert": mobilebert_from,
    }
    return builders[name](source).eval() if name in builders else source


@torch.inference_mode()
def hidden(model: PreTrainedModel, ids: torch.Tensor) -> torch.Tensor:
    last: torch.Tensor = model.base_model(input_ids=ids).last_hidden_state
    return last


@pytest.mark.parametrize("name", of_task(EMOTION))
def test_each_is_of_its_family_with_our_labels(
    name: str, source: PreTrainedModel, bpe: Tokenizer
) -> None:
    made = start(name, source, bpe)

    assert made.config.model_type == name
    assert labels_of(made) == CLASSIFIERS[name].labels


def test_electra_reads_as_the_bert_does(source: PreTrainedModel) -> None:
    made = electra_from(source).eval()

    torch.testing.assert_close(
        hidden(made, IDS), hidden(source, IDS), atol=1e-5, rtol=0
    )


def test_a_token_that_one_piece_spells_starts_as_that_piece(
    source: PreTrainedModel, bpe: Tokenizer
) -> None:
    made = roberta_from(source, pieces(), bpe)
    rows = made.get_input_embeddings().weight
    old = source.get_input_embeddings().weight

    for own, piece in (("Ġhappy", "happy"), ("Ġi", "i"), ("<s>", "[CLS]")):
        new, known = bpe.token_to_id(own), pieces().token_to_id(piece)
        assert torch.equal(rows[new], old[known]), own


def test_a_token_of_more_pieces_starts_as_their_mean(source: PreTrainedModel) -> None:
    bpe = train_bpe(["cab"] * 3, 400)
    row = roberta_from(source, pieces(), bpe).get_input_embeddings().weight
    old = source.get_input_embeddings().weight
    spelling = [pieces().token_to_id(piece) for piece in ("c", "##a", "##b")]

    torch.testing.assert_close(row[bpe.token_to_id("Ġcab")], old[spelling].mean(0))


def test_roberta_reads_words_it_shares_as_the_bert_does(
    source: PreTrainedModel, bpe: Tokenizer
) -> None:
    """Embeddings, positions behind the padding, token types and layers: all in place."""
    made = roberta_from(source, pieces(), bpe).eval()
    ours, theirs = bpe.encode("i feel happy"), pieces().encode("i feel happy")
    assert len(ours.ids) == len(theirs.ids) == 5

    torch.testing.assert_close(
        hidden(made, torch.tensor([ours.ids])),
        hidden(source, torch.tensor([theirs.ids])),
        atol=1e-5,
        rtol=0,
    )


def test_roberta_counts_positions_from_behind_the_padding_id(
    source: PreTrainedModel, bpe: Tokenizer
) -> None:
    made = roberta_from(source, pieces(), bpe)
    own = made.base_model.embeddings.position_embeddings.weight
    old = source.base_model.embeddings.position_embeddings.weight

    assert made.config.pad_token_id == bpe.token_to_id("<pad>") == 1
    assert torch.equal(own[2:], old)


def test_distilbert_takes_layers_0_2_and_5(source: PreTrainedModel) -> None:
    made = distilbert_from(source)
    taken = made.base_model.transformer.layer
    layers = source.base_model.encoder.layer

    assert len(taken) == 3
    for own, old in zip(taken, (0, 2, 5), strict=True):
        theirs = layers[old]
        for mine, other in (
            (own.attention.q_lin, theirs.attention.self.query),
            (own.attention.out_lin, theirs.attention.output.dense),
            (own.sa_layer_norm, theirs.attention.output.LayerNorm),
            (own.ffn.lin1, theirs.intermediate.dense),
            (own.ffn.lin2, theirs.output.dense),
            (own.output_layer_norm, theirs.output.LayerNorm),
        ):
            assert torch.equal(mine.weight, other.weight)
            assert torch.equal(mine.bias, other.bias)


def test_distilbert_embeds_as_its_teacher(source: PreTrainedModel) -> None:
    """It has no token types: theirs is folded into the positions."""
    made = distilbert_from(source).eval()

    torch.testing.assert_close(
        made.base_model.embeddings(IDS), source.base_model.embeddings(IDS)
    )


def test_a_distilbert_of_a_bert_of_just_these_layers_is_that_bert(
    source: PreTrainedModel,
) -> None:
    """Where the teacher has no other layers, every last bit of the reading agrees."""
    short = BertForSequenceClassification(source.config).eval()
    short.load_state_dict(source.state_dict())
    short.base_model.encoder.layer = torch.nn.ModuleList(
        short.base_model.encoder.layer[i] for i in (0, 2, 5)
    )
    made = distilbert_from(source).eval()

    torch.testing.assert_close(hidden(made, IDS), hidden(short, IDS), atol=1e-5, rtol=0)


def test_mobilebert_has_bottlenecks(source: PreTrainedModel) -> None:
    made = mobilebert_from(source)
    layers = made.base_model.encoder.layer

    assert made.config.use_bottleneck
    assert len(layers) == source.config.num_hidden_layers
    for layer in layers:
        assert layer.bottleneck.input.dense.out_features == MOBILE_WIDTH
        assert layer.output.bottleneck.dense.out_features == source.config.hidden_size


def test_mobilebert_embeds_words_nearly_as_its_teacher(source: PreTrainedModel) -> None:
    """Its words are the teacher's in their main directions: most of them is kept."""
    made = mobilebert_from(source).eval()
    embeddings = made.base_model.embeddings
    words = source.get_input_embeddings().weight[1:]
    narrow = embeddings.word_embeddings.weight[1:]
    middle = embeddings.embedding_transformation.weight[
        :, MOBILE_WIDTH : 2 * MOBILE_WIDTH
    ]
    again = narrow @ middle.T + embeddings.embedding_transformation.bias
    left = (again - words).square().sum() / (words - words.mean(0)).square().sum()

    assert made.get_input_embeddings().weight[0].count_nonzero() == 0
    assert left < 0.5


@pytest.mark.parametrize("name", of_task(EMOTION))
def test_the_longest_input_fits_and_one_more_does_not(
    name: str, source: PreTrainedModel, bpe: Tokenizer
) -> None:
    made = start(name, source, bpe)
    ids = torch.full((1, longest_input(made) + 1), 7)

    assert longest_input(made) == N_POSITIONS
    assert made(input_ids=ids[:, :-1]).logits.shape == (1, 6)
    with pytest.raises((IndexError, RuntimeError)):
        made(input_ids=ids)


@pytest.mark.parametrize("name", of_task(EMOTION))
def test_padding_changes_no_score(
    name: str, source: PreTrainedModel, bpe: Tokenizer
) -> None:
    made = start(name, source, bpe)
    rows = [[2, 40, 41, 42, 3], [2, 50, 3]]
    ids = pad([[0] * 12, *rows], made.config.pad_token_id)[1:]
    mask = pad([[0] * 12, *([1] * len(row) for row in rows)], 0)[1:]
    together = made(input_ids=ids, attention_mask=mask).logits

    for row, logits in zip(rows, together, strict=True):
        alone = made(input_ids=torch.tensor([row])).logits[0]
        torch.testing.assert_close(logits, alone, atol=1e-4, rtol=0)
