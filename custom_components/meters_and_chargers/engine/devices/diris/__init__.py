"""SOCOMEC DIRIS Digiware gateways: modules behind them, circuits behind those."""
