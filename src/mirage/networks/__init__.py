"""Noise-prediction networks: model(x_t, t) -> eps_hat, with t [] or [batch]."""
