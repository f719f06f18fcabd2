"""Any local model behind AlphaGenome's own gRPC protocol: synthetic tracks, deterministic answers, no network."""
