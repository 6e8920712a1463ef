"""A model folder without a tokenizer, as those of `r0 init`, made into llama.cpp's format by its own converter.

    python bench/peers/llama_convert.py /path/to/llama.cpp FOLDER OUT.gguf          (needs torch and transformers)

The converter wants a tokenizer; here it is told that there is none, and how many tokens there are.
"""
import runpy, sys

llama, folder, out = sys.argv[1:]
sys.path[:0] = [llama, llama + "/gguf-py"]
from conversion.base import TextModel


def no_tokenizer(model):
    model._set_vocab_none()
    model.gguf_writer.add_vocab_size(model.hparams["vocab_size"])


TextModel._set_vocab_sentencepiece = no_tokenizer
sys.argv = ["convert_hf_to_gguf.py", folder, "--outfile", out, "--outtype", "f32"]
runpy.run_path(llama + "/convert_hf_to_gguf.py", run_name="__main__")
