"""AlphaGenome's two services: requests read and checked, answers made of the simulation and put into messages."""
