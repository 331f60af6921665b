"""Serial instruments: pure decoders, ports by physical identity, one worker for each port."""
