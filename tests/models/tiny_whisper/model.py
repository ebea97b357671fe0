"""Whisper's network in plain PyTorch (Radford et al. 2022), small; parameters are named as in `transformers`.

Two things help it learn from hours of speech in minutes: self-attention starts as relative-position kernels instead of
looking everywhere alike, and timestamps are one learned map of the positions' sinusoids instead of 1501 separate rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from . import vocabulary as v
from .sounds import MELS

TEXT_POSITIONS, SOUND_POSITIONS = 448, 1500
_KERNEL_SHARPNESS = 1.3
_ENCODER_OFFSETS = ((-6, -2, 2, 6), (-14, -5, 5, 14), (-24, -8, 8, 24))
_DECODER_OFFSETS = (-1, -2, 0, -3)


@dataclass(frozen=True)
class Shape:
    """How large the network is."""

    width: int = 96
    heads: int = 4
    encoder_layers: int = 3
    decoder_layers: int = 2


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's position encodings, length × width."""
    rates = torch.exp(-math.log(10000) / (width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(length)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1).float()


class Attention(nn.Module):
    """Multi-head attention; with `weigh` it also returns the weights, batch × head × query × key."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(3))
        self.k_proj = nn.Linear(width, width, bias=False)

    def forward(
        self, x: Tensor, memory: Tensor | None = None, *, causal: bool = False, weigh: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        source = x if memory is None else memory
        q, k, val = (
            p.view(*p.shape[:2], self.heads, -1).transpose(1, 2)
            for p in (self.q_proj(x), self.k_proj(source), self.v_proj(source))
        )
        weights = None
        if weigh:
            weights = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)
            mixed = weights @ val
        else:
            mixed = F.scaled_dot_product_attention(q, k, val, is_causal=causal)
        return self.out_proj(mixed.transpose(1, 2).reshape(x.shape)), weights

    @torch.no_grad()
    def look_at(self, offsets: Sequence[int]) -> None:
        """Start each head as a kernel centred so many positions away: keys are the queries' sinusoids turned back."""
        width = self.q_proj.in_features
        rows, half = width // self.heads, width // 2
        rates = torch.exp(-math.log(10000) / (half - 1) * torch.arange(half))
        for head, offset in enumerate(offsets):
            query, key = torch.zeros(rows, width), torch.zeros(rows, width)
            for pair in range(rows // 2):
                c, s = (f(rates[pair] * offset) * _KERNEL_SHARPNESS for f in (torch.cos, torch.sin))
                even, odd = 2 * pair, 2 * pair + 1
                query[even, pair] = query[odd, half + pair] = _KERNEL_SHARPNESS
                key[even, pair], key[even, half + pair] = c, -s
                key[odd, half + pair], key[odd, pair] = c, s
            part = slice(head * rows, (head + 1) * rows)
            self.q_proj.weight[part] = query + 0.02 * torch.randn(rows, width)
            self.k_proj.weight[part] = key + 0.02 * torch.randn(rows, width)


class Layer(nn.Module):
    """A pre-norm transformer layer; decoder layers also attend to the encoder's output."""

    def __init__(self, width: int, heads: int, offsets: Sequence[int], *, crossing: bool) -> None:
        super().__init__()
        self.self_attn, self.self_attn_layer_norm = Attention(width, heads), nn.LayerNorm(width)
        if crossing:
            self.encoder_attn, self.encoder_attn_layer_norm = Attention(width, heads), nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.final_layer_norm = nn.LayerNorm(width)
        self.self_attn.look_at(offsets)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        weights = None
        x = x + self.self_attn(self.self_attn_layer_norm(x), causal=memory is not None)[0]
        if memory is not None:
            heard, weights = self.encoder_attn(self.encoder_attn_layer_norm(x), memory, weigh=True)
            x = x + heard
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x)))), weights


class Encoder(nn.Module):
    """Sound to states, one for every 20 ms."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.conv1, self.conv2 = nn.Conv1d(MELS, width, 3, padding=1), nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(SOUND_POSITIONS, width)
        self.embed_positions.weight = nn.Parameter(sinusoids(SOUND_POSITIONS, width), requires_grad=False)
        offsets = _ENCODER_OFFSETS[: shape.encoder_layers]
        self.layers = nn.ModuleList(Layer(width, shape.heads, places, crossing=False) for places in offsets)
        self.layer_norm = nn.LayerNorm(width)

    def forward(self, features: Tensor, first_position: Tensor) -> Tensor:
        x = F.gelu(self.conv2(F.gelu(self.conv1(features)))).transpose(1, 2)
        x = x + self.embed_positions.weight[first_position[:, None] + torch.arange(x.shape[1])]
        for layer in self.layers:
            x, _ = layer(x)
        return self.layer_norm(x)


class Decoder(nn.Module):
    """States to tokens. Its forward pass is `TinyWhisper.decode`, which knows the timestamps."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(v.FIRST_TIMESTAMP, shape.width)
        nn.init.normal_(self.embed_tokens.weight, std=0.1)
        self.embed_positions = nn.Embedding(TEXT_POSITIONS, shape.width)
        self.embed_positions.weight = nn.Parameter(sinusoids(TEXT_POSITIONS, shape.width))
        self.layers = nn.ModuleList(
            Layer(shape.width, shape.heads, _DECODER_OFFSETS, crossing=True) for _ in range(shape.decoder_layers)
        )
        self.layer_norm = nn.LayerNorm(shape.width)


class TinyWhisper(nn.Module):
    """The whole network, with a classifier of words per position that only training uses."""

    stamp_positions: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder, self.decoder = Encoder(shape), Decoder(shape)
        self.register_buffer("stamp_positions", sinusoids(v.TIMESTAMP_COUNT, shape.width), persistent=False)
        self.stamp_map = nn.Linear(shape.width, shape.width)
        nn.init.zeros_(self.stamp_map.bias)
        self.stamp_map.weight.data = torch.eye(shape.width) * 0.1
        self.word_of_position = nn.Linear(shape.width, len(v.WORDS) + 1)

    def token_table(self) -> Tensor:
        """An embedding for every token, timestamps included; also the output projection."""
        return torch.cat([self.decoder.embed_tokens.weight, self.stamp_map(self.stamp_positions)])

    def decode(self, tokens: Tensor, states: Tensor, asked: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Scores of every token at the positions where `asked` is true, and each layer's weights over the sound."""
        table = self.token_table()
        x = F.embedding(tokens, table) + self.decoder.embed_positions.weight[: tokens.shape[1]]
        weights = []
        for layer in self.decoder.layers:
            x, weight = layer(x, states)
            weights.append(weight)
        return self.decoder.layer_norm(x[asked]) @ table.T, weights

    @torch.no_grad()
    def arrays(self) -> dict[str, Tensor]:
        """The weights a Whisper has, by their usual names, timestamps written out as rows."""
        kept = {name: t.clone() for name, t in self.state_dict().items() if name.startswith(("encoder.", "decoder."))}
        kept["decoder.embed_tokens.weight"] = self.token_table().clone()
        return kept
