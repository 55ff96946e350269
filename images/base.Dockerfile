# What images/Dockerfile begins from where no registry of images can be reached; scripts/images/base.sh makes the parts.
FROM scratch AS debian
ADD debian.tar /
CMD ["bash"]

FROM debian AS node
COPY node /
CMD ["node"]
