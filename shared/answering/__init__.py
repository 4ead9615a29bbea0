"""How a claimed turn is answered: gates that answer or decide without a model, and the assistant behind them."""
